// Lists the public names of asyncio and contextvars into ../asyncio-names.json, as CPython itself tells
// them (pyodide is CPython compiled to WebAssembly):
//
//   npx tsx packages/heddle/tests/docs/programs/asyncio-names.ts
//
// Public is what an `__all__` says, on any platform. Members of a class are those that a public parent
// does not have, and what its methods assign to `self`.
import { writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const lister = `
import ast, asyncio, asyncio.subprocess, contextvars, inspect, json, sys, types
from importlib.util import find_spec

def tree(module):
    return ast.parse(find_spec(module).loader.get_source(module))

def strings(node):
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]

def exported(module):
    for node in ast.walk(tree(module)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            yield from strings(node.value)

def names_of_asyncio():
    for node in ast.walk(tree("asyncio")):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield from exported("asyncio." + node.module)
        if isinstance(node, ast.match_case) and isinstance(node.pattern, ast.MatchValue):
            yield from strings(node.pattern)

def names_of_subprocess():
    for name, value in vars(asyncio.subprocess).items():
        if name[0] != "_" and name not in vars(asyncio) and not isinstance(value, types.ModuleType) and name != "logger":
            yield name

def commands():
    yield "python -m asyncio"
    for node in ast.walk(tree("asyncio.__main__")):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_parser":
            yield "python -m asyncio " + node.args[0].value

def attributes(cls):
    try:
        source = ast.parse(inspect.getsource(cls))
    except (OSError, TypeError):
        return
    for node in ast.walk(source):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and getattr(node.value, "id", "") == "self":
            yield node.attr

def all_of(cls):
    names = {*dir(cls), *(name for each in cls.__mro__ for name in attributes(each))}
    return {name for name in names if name[0] != "_"}

def is_public(cls):
    return cls.__module__ == "builtins" or cls in classes.values()

modules = {
    "asyncio": names_of_asyncio(),
    "asyncio.subprocess": names_of_subprocess(),
    "contextvars": contextvars.__all__,
}
modules = {module: sorted(set(names)) for module, names in modules.items()}
classes = {
    name: value
    for module, names in modules.items()
    for name in names
    if isinstance(value := vars(sys.modules[module]).get(name), type)
}
members = {}
for name, cls in classes.items():
    inherited = [all_of(each) for each in cls.__mro__[1:] if is_public(each)]
    own = sorted(all_of(cls).difference(*inherited))
    if own and cls.__module__ != "builtins":
        members[name] = own

json.dumps({
    "cpython": sys.version.split()[0],
    "modules": modules,
    "members": members,
    "commands": list(commands()),
})
`;

const python = await loadPyodide();
const names: unknown = JSON.parse(python.runPython(lister) as string);
const file = new URL("../asyncio-names.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(names, undefined, 2)}\n`);
