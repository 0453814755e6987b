# One store with podman: what either writes, the other runs.

load common

setup_file() {
  [[ ${SKIFF_SANDBOX:-} == 1 ]] || exit 1
}

@test "load an OCI archive; podman runs it" {
  run skiff image load -i "$SKIFF_TEST_IMAGES/app.tar"
  [ "$status" -eq 0 ]
  output_has "Loaded image: localhost/app:1"
  [ "$(podman run --rm --network none localhost/app:1)" = "entry cmd" ]
  [ "$(podman image inspect --format '{{.Config.User}}' localhost/app:1)" = 1000:1000 ]
}

@test "an image of podman runs without copying" {
  podman load -qi "$SKIFF_TEST_IMAGES/busybox.tar"
  before=$(find /var/lib/containers/storage/overlay -maxdepth 1 | wc -l)
  [ "$(skiff run --rm --network none localhost/busybox:latest echo hi)" = hi ]
  [ "$(find /var/lib/containers/storage/overlay -maxdepth 1 | wc -l)" -le $((before + 1)) ]
}

@test "docker archives, OCI layouts and imported tarballs" {
  podman save -q --format docker-archive -o "$BATS_TEST_TMPDIR/d.tar" localhost/app:1
  mkdir "$BATS_TEST_TMPDIR/layout"
  tar -xf "$SKIFF_TEST_IMAGES/app.tar" -C "$BATS_TEST_TMPDIR/layout"
  skiff image rm localhost/app:1
  run skiff image load -i "$BATS_TEST_TMPDIR/d.tar"
  [ "$status" -eq 0 ]
  [ "$(skiff run --rm --network none localhost/app:1)" = "entry cmd" ]
  skiff image rm localhost/app:1
  run skiff image load -i "$BATS_TEST_TMPDIR/layout"
  [ "$status" -eq 0 ]
  [ "$(skiff run --rm --network none localhost/app:1)" = "entry cmd" ]
  cid=$(podman create localhost/busybox:latest)
  podman export "$cid" > "$BATS_TEST_TMPDIR/root.tar"
  podman rm "$cid"
  skiff image import -c 'CMD ["echo","imported"]' "$BATS_TEST_TMPDIR/root.tar" localhost/imported:1
  [ "$(skiff run --rm --network none localhost/imported:1)" = imported ]
  [ "$(podman run --rm --network none localhost/imported:1)" = imported ]
}

@test "lists, inspects and refuses to remove what is used; podman refuses too" {
  podman load -qi "$SKIFF_TEST_IMAGES/busybox.tar"
  run skiff images --format '{{.Repository}}:{{.Tag}}'
  output_has localhost/busybox:latest
  [ "$(skiff image inspect --format '{{.Architecture}}' localhost/busybox:latest)" = "$(podman image inspect --format '{{.Architecture}}' localhost/busybox:latest)" ]
  [ "$(skiff images -q --no-trunc | sort -u)" = "$(podman images -q --no-trunc | sort -u)" ]
  id=$(skiff run -d --network none localhost/busybox:latest sleep 1000)
  run skiff image rm localhost/busybox:latest
  [ "$status" -ne 0 ]
  run podman rmi localhost/busybox:latest
  [ "$status" -ne 0 ]
  skiff rm -f -t 0 "$id"
  run podman rmi localhost/busybox:latest
  [ "$status" -eq 0 ]
  ! skiff images -q localhost/busybox:latest | grep -q . || false
}

@test "bad archives are refused in words and leave the store as it was" {
  before=$(find /var/lib/containers/storage -path '*overlay-*' -name '*.json' -exec cat {} + | sha256sum)
  echo "not an archive" > "$BATS_TEST_TMPDIR/bad.tar"
  run skiff image load -i "$BATS_TEST_TMPDIR/bad.tar"
  [ "$status" -eq 125 ]
  output_has bad.tar
  head -c 500000 "$SKIFF_TEST_IMAGES/busybox.tar" > "$BATS_TEST_TMPDIR/cut.tar"
  run skiff image load -i "$BATS_TEST_TMPDIR/cut.tar"
  [ "$status" -eq 125 ]
  run skiff image load -i /no/such/file
  [ "$status" -eq 125 ]
  output_has /no/such/file
  podman images > /dev/null
  [ "$(find /var/lib/containers/storage -path '*overlay-*' -name '*.json' -exec cat {} + | sha256sum)" = "$before" ]
}
