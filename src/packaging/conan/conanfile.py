# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""conan create src/packaging/conan: builds the tree that this recipe lies in."""

import pathlib
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson, MesonToolchain


class StrataConan(ConanFile):
    name = "strata"
    description = "Stackable std::pmr memory resources"
    license = "BSL-1.0"
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False]}
    default_options = {"shared": True}

    @property
    def _tree(self):
        return pathlib.Path(self.recipe_folder).parents[2]

    def set_version(self):
        text = load(self, self._tree / "meson.build")
        self.version = re.search(r"\n  version: '([0-9.]+)'", text)[1]

    def export_sources(self):
        for pattern in ("meson.build", "meson_options.txt", "LICENSE", "include/*", "src/*"):
            copy(self, pattern, self._tree, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        # Headers of Boost are needed by strata/interop/boost_pmr.hpp.
        self.requires("boost/[>=1.74]", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = MesonToolchain(self)
        toolchain.project_options["tool"] = "disabled"
        toolchain.project_options["b_ndebug"] = "if-release"
        boost = self.dependencies["boost"].package_folder
        if boost:  # None where the system has it
            toolchain.properties["boost_root"] = boost
        toolchain.generate()

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, pathlib.Path(self.package_folder) / "licenses")
        Meson(self).install()

    def package_info(self):
        # What Meson installs for CMake knows what a static library needs.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = ["lib/cmake/strata"]
        self.cpp_info.libs = ["strata"]
        self.cpp_info.requires = ["boost::container"]
