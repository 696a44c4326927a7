#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""The port for vcpkg, the recipe for Conan, the wrap file for Meson and the Debian packages, as far
as they can be tried in seconds and without servers: each configures the library through a stand-in for
what its tool offers, from the files that it names and with the options that it gives. All state the
version of meson.build.
"""

import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types
from unittest import mock

root = pathlib.Path(sys.argv[1]).resolve()
packaging = root / "src" / "packaging"
version = re.search(r"\n  version: '([0-9.]+)'", (root / "meson.build").read_text())[1]


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(found, expected, where):
    if found != expected:
        sys.exit(f"{where}: {found!r}, expected {expected!r}")


def configure(tree, folder, options):
    """Meson refuses an option or a value that it does not know."""
    run("meson", "setup", folder, tree, *(f"-D{name}={value}" for name, value in options.items()))


def vcpkg(work):
    port = json.loads((packaging / "vcpkg" / "vcpkg.json").read_text())
    expect(port["version-semver"], version, "vcpkg.json, version-semver")
    fields = {"name", "version-semver", "description", "license", "supports", "dependencies"}
    expect(set(port), fields, "vcpkg.json, fields")
    names = [each if isinstance(each, str) else each["name"] for each in port["dependencies"]]
    for name in [port["name"], *names]:
        expect(bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)), True, f"vcpkg.json, {name}")

    stand_in = work / "port.cmake"
    stand_in.write_text(f"""
        function(vcpkg_configure_meson)
          cmake_parse_arguments(PARSE_ARGV 0 given "" SOURCE_PATH OPTIONS)
          execute_process(
            COMMAND meson setup ${{given_OPTIONS}} "{work}/build" "${{given_SOURCE_PATH}}"
            OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
        endfunction()
        function(vcpkg_install_copyright)
          cmake_parse_arguments(PARSE_ARGV 0 given "" "" FILE_LIST)
          file(SHA256 "${{given_FILE_LIST}}" is_there)
        endfunction()
        macro(vcpkg_install_meson)
        endmacro()
        macro(vcpkg_fixup_pkgconfig)
        endmacro()
        set(CURRENT_INSTALLED_DIR /usr)
        include("{packaging}/vcpkg/portfile.cmake")""")
    run("cmake", "-P", stand_in)


def stand_in_copy(_, pattern, source, target):
    for file in pathlib.Path(source).glob(pattern):
        copied = pathlib.Path(target) / file.relative_to(source)
        copied.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            shutil.copytree(file, copied)
        else:
            shutil.copy(file, copied)


def conan(work):
    modules = {"conan": types.SimpleNamespace(ConanFile=object)}
    for name in ("build", "cmake", "files", "layout", "meson"):
        modules[f"conan.tools.{name}"] = mock.MagicMock()
    modules["conan.tools"] = mock.MagicMock()
    files = modules["conan.tools.files"]
    files.load = lambda _, file: pathlib.Path(file).read_text()
    files.copy = stand_in_copy
    toolchain = modules["conan.tools.meson"].MesonToolchain.return_value
    toolchain.project_options = {}
    with mock.patch.dict(sys.modules, modules):
        recipes = {}
        for name in ("conanfile", "test_package/conanfile"):
            spec = importlib.util.spec_from_file_location(name, packaging / "conan" / f"{name}.py")
            recipes[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(recipes[name])
    recipe = recipes["conanfile"].StrataConan()
    recipe.recipe_folder = packaging / "conan"
    recipe.export_sources_folder = work / "exported"
    recipe.dependencies = {"boost": types.SimpleNamespace(package_folder=None)}

    recipe.set_version()
    expect(recipe.version, version, "conanfile.py, version")
    recipe.export_sources()
    recipe.generate()
    configure(recipe.export_sources_folder, work / "build", toolchain.project_options)

    # The test package builds this, by a path that is relative to its own.
    text = (packaging / "conan" / "test_package" / "conanfile.py").read_text()
    folder = re.search(r'build_script_folder="(.+?)"', text)[1]
    consumer = packaging / "conan" / "test_package" / folder / "CMakeLists.txt"
    expect(consumer.is_file(), True, consumer)


def wrap(work):
    subprojects = work / "subprojects"
    subprojects.mkdir()
    shutil.copy(packaging / "strata.wrap", subprojects)
    (subprojects / "strata").symlink_to(root)  # as fetched
    (work / "meson.build").write_text("project('consumer', 'cpp')\ndependency('strata')\n")
    run("meson", "setup", work / "build", work, "--wrap-mode=forcefallback")


def debian(work):
    """The packages have each installed file, in one of them; debian.sh tries the rest."""
    folder = packaging / "debian"
    options = re.findall(r"-D(\w+)=(\w+)", (folder / "rules").read_text())
    configure(root, work / "build", dict(options, prefix="/usr", libdir="lib/any"))
    installed = json.loads(run("meson", "introspect", work / "build", "--installed")).values()
    lines = [line.split()[0] for file in folder.glob("*.install")
             for line in file.read_text().splitlines() if line.startswith("usr/")]
    matched = set()
    for file in installed:
        found = [line for line in lines if any(
            path.match(f"/{line}") for path in (pathlib.Path(file), *pathlib.Path(file).parents))]
        expect(len(found), 1, f"packages with {file}")
        matched.update(found)
    expect(set(lines) - matched, set(), "lines without a file")


for way in (vcpkg, conan, wrap, debian):
    with tempfile.TemporaryDirectory() as folder:
        way(pathlib.Path(folder))
