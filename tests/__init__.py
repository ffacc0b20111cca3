"""Each test reads as the promise it keeps."""
