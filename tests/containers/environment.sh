# Sourced by scripts/test-containers and scripts/test-package: a podman of its own. Images, containers, networks and volumes are in $state, which is
# kept as a cache; what runs is in $run, which is not. Nothing of this machine's own podman is seen or touched. One script at a
# time uses a cache. Who sources this has say, fail and not_run (which ends the script: this machine cannot do it).
# shellcheck shell=bash

readonly base=docker.io/library/debian:bookworm-slim

# container_environment STATE RUN
container_environment() {
  local state=$1 run=$2
  mkdir -p "$state/storage" "$run/networks"
  cat >"$run/containers.conf" <<CONF
[containers]
cgroupns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
events_logfile_path = "$run/events.log"
lock_type = "file"
static_dir = "$state/storage/libpod"  # where commands with --root look, too
tmp_dir = "$run/libpod"
volume_path = "$state/storage/volumes"
[network]
network_backend = "netavark"
network_config_dir = "$run/networks"
CONF
  cat >"$run/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$state/storage"
runroot = "$run/storage"
CONF
  export CONTAINERS_CONF=$run/containers.conf CONTAINERS_STORAGE_CONF=$run/storage.conf
}

# open_podman STATE RUN: looks whether this machine can run containers, and has the base image.
open_podman() {
  local state=$1 run=$2
  [[ $(id -u) == 0 ]] || not_run "containers need root here"
  [[ -f /etc/debian_version ]] || not_run "the base image is made with Debian's debootstrap"
  scripts/install-packages containers >&2
  # What is kept from one run to the next are images. A run that could not clean up leaves nothing that can be used.
  if [[ -e $state/in-use ]]; then
    grep -o " ${state}[^ ]*" /proc/mounts | sort --reverse | xargs --no-run-if-empty umount --lazy
    rm -rf "$state"
  fi
  rm -rf "$state/storage/libpod" "$state/storage/volumes"
  mkdir -p "$state"
  touch "$state/in-use"
  container_environment "$state" "$run"

  if ! podman image exists "$base"; then
    say "making the base image"
    scripts/base-image "$base" || fail "the base image"
  fi
  podman run --rm --network none "$base" true 2>"$run/why" || not_run "no container starts: $(tail -1 "$run/why")"
}

# build_image RUN ARGUMENT …: an image, by what buildah takes.
build_image() {
  local run=$1
  shift
  buildah build --quiet --format docker --layers --pull-never --network host "$@" >/dev/null 2>"$run/build.log" || {
    tail -30 "$run/build.log" >&2
    fail "image: $*"
  }
}

# close_podman STATE RUN: when nothing runs any more.
close_podman() {
  umount --lazy "$1/storage/overlay" 2>/dev/null
  rm -rf "$2" "$1/in-use"
}
