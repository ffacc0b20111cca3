"""The command line of tracking: `track` and `models` with their options."""

import argparse


def add_track(track: argparse.ArgumentParser) -> None:
    track.add_argument("clip", metavar="CLIP", help="a video file")
    track.add_argument("--out", metavar="DIR", help="write tracks.txt, tracks.json, tracks.parquet and annotated.mp4")
    track.add_argument("--no-clip", action="store_true", help="no annotated.mp4")
    track.add_argument("--detect-every", type=int, default=2, metavar="N", help="look at every Nth picture (default 2)")
    track.add_argument("--tiles", choices=("auto", "on", "off"), default="auto", help="auto: where objects are small")
    track.add_argument("--high", type=float, metavar="SCORE", help="with which a track begins (default: the model's)")
    track.add_argument("--low", type=float, metavar="SCORE", help="with which it goes on (default: the model's)")
    track.add_argument(
        "--zone",
        action="append",
        metavar="ZONE",
        help="NAME=x,y,width,height or 'NAME=x,y x,y x,y' in px; may be repeated",
    )
    track.add_argument("--limit", type=int, metavar="N", help="look at the first N pictures alone")
    track.add_argument("--model", metavar="NAME", help="an imported detector, or an .onnx with its .toml beside it")


def add_models(models: argparse.ArgumentParser, anywhere: argparse.ArgumentParser) -> None:
    actions = models.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="every detector, and every file that is none", parents=[anywhere])
    taking = actions.add_parser("import", help="try a detector of your own and take it in", parents=[anywhere])
    taking.add_argument("file", metavar="FILE", help="an .onnx")
    taking.add_argument("--sidecar", metavar="FILE", help="its .toml (default: of the same name beside it)")
    taking.add_argument("--name", metavar="NAME", help="what it is called here (default: the file's name)")
