# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
# What the runners of guests share; sourced after `here`, the runner's folder, and `label`, which begins each line it says.
: "${here:?}" "${label:?}"

tree=$(cd "$here/../.." && pwd)
target=$here/target/guest
java=$(realpath "$(command -v java)")
export VFIO_CORPORA=${VFIO_CORPORA:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-corpora}

# Modules of Debian's kernels that every guest needs: for the host's files, and VFIO's own.
modules=(virtio_pci 9pnet_virtio 9p vfio vfio_iommu_type1 vfio_pci)

say() {
    printf '%s: %s\n' "$label" "$*"
}

# build MODULE,…: packages these modules of the tree and all that they need, and empties the target folder.
build() {
    mvn -B -ntp -q -f "$tree/pom.xml" -Prealworld -am -DskipTests package -pl "$1"
    rm -rf "$target"
    mkdir -p "$target"
}

# inGuest [-a ARGUMENTS] SUBJECT RESULTS MINUTES KERNEL INITRAMFS [QEMU ARGUMENT…]: runs the script on its input in a guest, as
# `boot` does, and sets `took` to how many seconds that took. Where it fails, prints what QEMU and the script have printed.
inGuest() {
    local more=() start=$SECONDS status=0
    if [ "$1" = -a ]; then
        more=(-a "$2")
        shift 2
    fi
    local subject=$1 results=$2 minutes=$3 kernel=$4 initramfs=$5
    mkdir -p "$results"
    cat >"$results/run"
    "$here/../kernel/boot" "${more[@]}" "$kernel" "$initramfs" "$results" "$minutes" "${@:6}" >"$results/qemu" 2>&1 || status=$?
    took=$((SECONDS - start))
    if ((status != 0)); then
        cat "$results/qemu" "$results/output" 2>/dev/null || true
        say "$subject: FAILED with $status after $took s; see $results"
        return 1
    fi
}
