# Sourced by scripts/test-containers: a podman of its own. Images, containers, networks and volumes are in $state, which is
# kept as a cache; what runs is in $run, which is not. Nothing of this machine's own podman is seen or touched.
# shellcheck shell=bash

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
