# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced after ../corpora/common.sh.

# suite NAME: apt knows that suite of Debian alone from here on, from the mirror that this machine has; its lists are kept in the
# cache, nothing of the machine's own changes. They are read again once a day.
suite() {
    local mirror folder=$cache/apt-$1
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -1)
    [ -n "$mirror" ] || fail 'apt has no lists of Debian here; run apt-get update'
    needFile /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$1" >"$folder/sources.list"
    printf '%s\n' "Dir::Etc::sourcelist \"$folder/sources.list\";" 'Dir::Etc::sourceparts "-";' \
        "Dir::State::lists \"$folder/lists\";" "Dir::Cache \"$folder/cache\";" 'Dir::State::status "/dev/null";' >"$folder/apt.conf"
    export APT_CONFIG=$folder/apt.conf
    [ -n "$(find "$folder/read" -mtime -1 2>/dev/null)" ] || apt-get -qq update || fail "cannot read the lists of $1"
    touch "$folder/read"
}
