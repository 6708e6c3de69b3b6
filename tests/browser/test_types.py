"""The types of ``flask_jwt.js``, as TypeScript sees them, and as the module keeps them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import install

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "src" / "flask_jwt" / "client_js" / "flask_jwt.js"
CHECKED = Path(__file__).with_name("typescript")
# `make clean` deletes it, and git ignores it.
INSTALLED = ROOT / ".tools" / "typescript"

# A page, as far as the module asks for one when a client is made.
EXPORTED = """
globalThis.location = new URL("https://shop.test/");
globalThis.document = { cookie: "" };
const module = await import(process.argv[1]);
const client = module.createClient();
const names = (value) => Object.getOwnPropertyNames(value);
console.log(JSON.stringify({
  module: Object.keys(module),
  client: names(Object.getPrototypeOf(client)),
  refusal: names(new module.RefusedError(403)),
}));
client.close();
"""
# Its keys have to be those of the types: no more, and no less.
DECLARED = """
import * as declared from "/flask_jwt.js";
type Own<Type, Base> = Record<Exclude<keyof Type, keyof Base>, true>;
export const ofModule: Own<typeof declared, object> = {module};
export const ofClient: Own<declared.Client, EventTarget> = {client};
export const ofRefusal: Own<declared.RefusedError, Error> = {refusal};
"""


@pytest.fixture(scope="module")
def tsc() -> str:
    """The TypeScript compiler that ``package-lock.json`` names."""
    install(CHECKED, INSTALLED, "TypeScript")
    return str(INSTALLED / "node_modules" / ".bin" / "tsc")


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program, with its errors among what it says."""
    return subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_a_page(tsc: str) -> None:
    """Strict TypeScript takes a page that uses everything, and finds each of the mistakes."""
    checked = run([tsc, "--project", str(CHECKED)], CHECKED)

    assert (checked.stdout, checked.returncode) == ("", 0)


def test_names(tsc: str, tmp_path: Path) -> None:
    """What the module has, and its client and its errors have, is what the types say."""
    listed = run(["node", "--input-type=module", "--eval", EXPORTED, SCRIPT.as_uri()], tmp_path)
    assert listed.returncode == 0, listed.stdout
    names = json.loads(listed.stdout)
    names["client"].remove("constructor")
    names["refusal"] = sorted(set(names["refusal"]) - {"stack", "message", "name"})
    declared = DECLARED
    for what, found in names.items():
        declared = declared.replace(f"{{{what}}}", json.dumps(dict.fromkeys(found, True)))
    (tmp_path / "names.ts").write_text(declared)
    (tmp_path / "tsconfig.json").write_text(json.dumps(_configuration()))

    checked = run([tsc, "--project", str(tmp_path)], tmp_path)

    assert (checked.stdout, checked.returncode) == ("", 0)
    assert sorted(names["module"]) == ["RefusedError", "createClient"]


def _configuration() -> dict[str, Any]:
    options: dict[str, Any] = json.loads((CHECKED / "tsconfig.json").read_text())
    types = str(SCRIPT.with_suffix(".d.ts"))
    options["compilerOptions"]["paths"] = {"/flask_jwt.js": [types]}
    return options


def test_the_script(tsc: str) -> None:
    """TypeScript finds no fault in the module itself."""
    options = ["--ignoreConfig", "--allowJs", "--checkJs", "--noEmit", "--strict", "false"]
    options += ["--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "esnext"]
    checked = run([tsc, *options, str(SCRIPT)], CHECKED)

    assert (checked.stdout, checked.returncode) == ("", 0)
