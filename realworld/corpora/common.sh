# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the jobs share; sourced after `here` is set.
: "${here:?}"

cache=${VFIO_CORPORA:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-corpora}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

say() {
    printf 'corpora: %s\n' "$*" >&2
}

fail() {
    say "$*"
    exit 1
}

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null || fail "$1 is missing; install Debian's package $2 (all: realworld/corpora/packages)"
}

# needFile FILE PACKAGE
needFile() {
    [ -e "$1" ] || fail "$1 is missing; install Debian's package $2 (all: realworld/corpora/packages)"
}

# The newest plain amd64 image of a kernel line, `package=version`; nothing where Debian's lists here have none.
# Debian rotates security kernels: what is asked for is what apt knows today, never a version from this tree.
newestImage() {
    local line=${1//./\\.} package
    package=$(apt-cache search --names-only "^linux-image-${line}\\.[^-]*(-[0-9]+)?-amd64\$" | cut -d' ' -f1 | sort -V | tail -1)
    [ -n "$package" ] || return 0
    printf '%s=%s\n' "$package" "$(candidate "$package")"
}

candidate() {
    apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'
}

# The key of a result: what it was made of, and by which recipe.
keyed() {
    local recipe
    recipe=$(find "$here" "${BASH_SOURCE[0]}" -maxdepth 1 \( -name '*.c' -o -name '*.java' -o -name common.sh \) \
        -exec cat {} + | cat - "$0" | sha256sum)
    printf '%s' "$*" | tr -c 'A-Za-z0-9.+~-' '_'
    printf '_%s' "${recipe:0:8}"
}

# published NAME KEY: whether the result is there already; points NAME to it.
published() {
    [ -d "$cache/$2" ] || return 1
    point "$1" "$2"
    say "$1 is $2, made before"
}

point() {
    ln -sfn "$2" "$cache/.$1.new"
    mv -fT "$cache/.$1.new" "$cache/$1"
}

# publish NAME KEY DIR: moves a finished result into place in one step, and drops what NAME stood for before.
publish() {
    local before
    before=$(readlink "$cache/$1" || true)
    mv -T "$3" "$cache/$2"
    point "$1" "$2"
    if [ -n "$before" ] && [ "$before" != "$2" ]; then
        rm -rf "${cache:?}/$before"
    fi
    say "$1 is $2"
}

# A folder on the cache's file system, so that the last step is a rename; removed when the job ends.
workFolder() {
    work=$(mktemp -d "$cache/.work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
}

# unpack ROOT PACKAGE=VERSION…: downloads and unpacks, without installing.
unpack() {
    local root=$1 spec
    shift
    mkdir -p "$work/debs" "$root"
    for spec in "$@"; do
        say "  downloading $spec"
        # The sandbox user of apt cannot write to the cache; that is a warning, not an error.
        (cd "$work/debs" && rm -f ./*.deb && apt-get -qq download "$spec" 2>"$work/apt.log") \
            || fail "cannot download $spec: $(tail -1 "$work/apt.log"); run apt-get update and try again"
        dpkg -x "$work"/debs/*.deb "$root"
        rm -f "$work"/debs/*.deb
    done
}

# modulesFolder ROOT: where the unpacked image keeps its modules; /usr/lib since Debian 13.
modulesFolder() {
    local folder
    for folder in "$1"/lib/modules/* "$1"/usr/lib/modules/*; do
        if [ -d "$folder/kernel" ]; then
            printf '%s\n' "$folder"
            return
        fi
    done
    fail "no modules in $1: the image package has another layout than known"
}

# index ROOT FOLDER: depmod over the unpacked modules.
index() {
    say "  depmod"
    if [ "${2#"$1"/usr}" != "$2" ]; then
        ln -sfn usr/lib "$1/lib"
    fi
    depmod -b "$1" "${2##*/}"
}

# tables FOLDER OUT: the PCI id tables in the binaries of all modules there, with no look at their aliases. Unpacks the
# modules in place, so it comes after depmod.
tables() {
    say "  reading the id tables of the modules"
    gcc -O2 -Wall -Wextra -Werror -o "$work/idtable" "$here/idtable.c"
    find "$1" -name '*.ko.xz' -print0 | xargs -0 -r -P "$(nproc)" -n 64 xz -d
    find "$1" -name '*.ko' -print0 | sort -z | xargs -0 "$work/idtable" >"$2"
}

# keepIndexes FOLDER OUT: what depmod has written, without the modules.
keepIndexes() {
    mkdir -p "$2"
    find "$1" -maxdepth 1 -type f -name 'modules.*' -exec cp -t "$2" {} +
}
