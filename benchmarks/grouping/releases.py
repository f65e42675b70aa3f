"""Another release of the shop for each variant: installed elsewhere, its code moved and grown, its bundle built."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
VERSIONS = ("7.1.0", "7.1.1", "7.2.0", "7.3.0", "7.4.1", "8.0.0")
# How releases come to a machine: in a container, in a folder for each release, in one named for the version.
FOLDERS = {"dbos": "app", "celery": "releases/202611{variant:02}104455", "otel": "shop-{version}"}
_BETWEEN = {".py": ("\n\n\n", "#"), ".js": ("\n\n", "//")}
_ADDED = """
function added{n}(rows) {{
  return rows.map((row) => row + {n});
}}
module.exports.added{n} = added{n};
"""


def install(engine: str, variant: int, root: Path) -> Path:
    """The folder that the release runs from."""
    node = engine == "otel"
    folder = root / FOLDERS[engine].format(variant=variant, version=VERSIONS[variant - 1])
    unwanted = shutil.ignore_patterns("node_modules", ".venv", "*.lock", "__pycache__")
    shutil.copytree(HERE / ("node" if node else "python"), folder, ignore=unwanted)
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.js")]):
        path.write_text(grown(path.read_text(), path.suffix, variant))
    if node:
        _bundle(folder)
    return folder


def grown(text: str, suffix: str, variant: int) -> str:
    """The source with comments between its parts and, in JavaScript, functions that the first release did not have."""
    between, mark = _BETWEEN[suffix]
    moved = text.replace(between, between + f"{mark} as of release {variant}\n" * (variant - 1))
    added = range(variant - 1) if suffix == ".js" else ()
    return moved + "".join(_ADDED.format(n=number) for number in added)


def _bundle(folder: Path) -> None:
    """dist/charts-<hash>.js, minified by the real tool: what a function is called there is up to it."""
    esbuild = HERE / "node" / "node_modules" / ".bin" / "esbuild"
    command = [esbuild, "src/charts.js", "--bundle", "--minify", "--format=cjs"]
    built = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    name = f"charts-{hashlib.sha256(built).hexdigest()[:8]}.js"
    (folder / "dist").mkdir()
    (folder / "dist" / name).write_bytes(built)
    (folder / "dist" / "manifest.json").write_text(json.dumps({"charts": name}))
