"""docs/settings.md, made from the settings' own words: `python -m core.settings_docs` writes it, a test holds it."""

from pathlib import Path

from core.settings import field_docs

_HEAD = """# Settings

Made from the descriptions in the code by `python -m core.settings_docs`; a test keeps the two the same.

Settings lie in `settings.toml` in the data folder. The window writes the file, and the worker reads it again by
itself. A name that is not listed here is refused, with the nearest that is.

**Environment.** A variable named `SECTION__FIELD` wins over the file and shows as locked in the window. Other variables
are ignored. Names that older services knew and this station has no use for (`DB__…`, `REDIS__…`, `API__SECRET_KEY`) are
named as retired by `trackshift doctor` and change nothing.

**Sizes** are bytes, or text such as `"50 MB"` (10⁶) and `"64 MiB"` (2²⁰).

**Secrets** are refused in `settings.toml`. The station keeps camera passwords and storage keys in the system's keyring,
or, where there is none that works, in `credentials.json` (mode 0600) in the data folder. `STORAGE__ACCESS_KEY` and
`STORAGE__SECRET_KEY` in the environment win over both; without any of them the keys are MinIO's `minioadmin`, which
`doctor` warns of. Gemini's access token (`GEMINI__ACCESS_TOKEN`, for a private endpoint) and the content of a service
account's key file are kept the same way; without either, Google's application default credentials are used
(`GOOGLE_APPLICATION_CREDENTIALS`, or what `gcloud auth application-default login` left): [docs/cloud.md](cloud.md).
"""


def settings_page() -> str:
    """The whole page, as Markdown."""
    lines = [_HEAD]
    section = ""
    for doc in field_docs():
        name, _, field = doc.name.partition(".")
        if name != section:
            section = name
            lines.append(
                f"\n## [{section}]\n\n| setting | environment | type | default | what |\n|---|---|---|---|---|\n"
            )
        kind = f"{doc.type}: {doc.bounds}" if doc.bounds else doc.type
        default = {True: "on", False: "off", None: "none", "": "empty"}.get(doc.default, f"`{doc.default}`")
        if type(doc.default) in (int, float):
            default = f"`{doc.default}`"
        lines.append(f"| `{field}` | `{doc.environment}` | {kind} | {default} | {doc.description} |\n")
    return "".join(lines)


if __name__ == "__main__":
    Path(__file__).parent.parent.joinpath("docs", "settings.md").write_text(settings_page(), "utf-8")
