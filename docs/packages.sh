# Sourced by the scripts that build: notes what is missing and installs that, and only that.
missing_packages=

# need PACKAGE COMMAND...: PACKAGE is there if COMMAND succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing_packages="$missing_packages $package"
}

# Whether a program can be linked with a library: headers alone may come from another package.
links() {
    echo 'int main() {}' | $CXX -x c++ - "-l$1" -o /dev/null
}

need_to_build() {
    case ${CXX:=c++} in
        *clang*) need clang command -v "${CXX%% *}" ;;
        *) need g++ command -v "${CXX%% *}" ;;
    esac
    need meson command -v meson
    need ninja-build command -v ninja
    need libboost-container-dev links boost_container
}

install_missing() {
    [ -n "$missing_packages" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "Missing, by their Debian names:$missing_packages. Please install them." >&2
        return 1
    fi
    echo "Installing with apt-get:$missing_packages" >&2
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    log=$(mktemp)
    if ! { $sudo apt-get update &&
        $sudo env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends $missing_packages; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
    missing_packages=
}

# configure FOLDER MESON_OPTION...: makes FOLDER a build of $root; from scratch if it was one of
# another place, as when the checkout has moved.
configure() {
    folder=$1
    shift
    again=
    [ ! -d "$folder/meson-info" ] || again=--reconfigure
    meson setup $again "$@" "$folder" "$root" || {
        [ -n "$again" ] && meson setup --wipe "$@" "$folder" "$root"
    }
}
