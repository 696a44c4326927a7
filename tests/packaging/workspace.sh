# Sourced by the packaging tests: a temporary folder with the consumer in it, and the library
# installed there, below another root than it was configured for.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$SOURCE_ROOT/tests/packaging/consumer/." "$work"

need() {
    command -v "$1" >/dev/null || { echo "skipped: no $1"; exit 77; }
}

install_library() {
    meson install -C "$BUILD_ROOT" --no-rebuild --quiet --tags devel,runtime \
        --destdir "$work/root"
    installed=$work/root$PREFIX
}
