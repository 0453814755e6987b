# Archives that lie, as root would load them: nothing outside of the layer's directory is touched, and what is refused leaves
# the store as it was. The same cases without root are unit tests (tests/unit/image).

load common

setup_file() {
  common_setup_file
  # make_archive OUT: a docker-archive whose only layer holds the entries that standard input's Python adds to `tar`.
  cat > "$BATS_FILE_TMPDIR/make.py" <<'PY'
import hashlib, io, json, sys, tarfile
out, script = sys.argv[1], sys.stdin.read()
layer = io.BytesIO()
tar = tarfile.open(fileobj=layer, mode="w", format=tarfile.PAX_FORMAT)
def entry(name, type=tarfile.REGTYPE, data=b"", link="", mode=0o644, major=0, minor=0, **more):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size, info.devmajor, info.devminor = type, link, mode, len(data), major, minor
    for key, value in more.items(): setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data) if data else None)
exec(script)
tar.close()
layer = layer.getvalue()
if "cut" in globals(): layer = layer[:cut]
diff = hashlib.sha256(layer).hexdigest()
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff]}}).encode()
manifest = json.dumps([{"Config": "c.json", "RepoTags": ["localhost/hostile:1"], "Layers": ["l.tar"]}]).encode()
with tarfile.open(out, "w") as archive:
    for name, data in (("c.json", config), ("l.tar", layer), ("manifest.json", manifest)):
        info = tarfile.TarInfo(name); info.size = len(data); archive.addfile(info, io.BytesIO(data))
PY
}

setup() {
  mkdir -p /run/victim
  echo untouched > /run/victim/file
  chmod 600 /run/victim/file
  before=$(state)
}

teardown() {
  [ "$(cat /run/victim/file)" = untouched ]
  [ "$(stat -c %a:%u:%h /run/victim/file)" = 600:0:1 ]
  [ "$(ls -A /run/victim)" = file ]
  skiff rmi -f localhost/hostile:1 > /dev/null
  [ "$(state)" = "$before" ]
}

state() { (cd /var/lib/containers/storage && jq -S . overlay-layers/layers.json overlay-images/images.json | sha256sum && find overlay overlay-layers overlay-images -mindepth 1 -maxdepth 1 ! -name '*.lock' | sort); }
make_archive() { python3 "$BATS_FILE_TMPDIR/make.py" "$BATS_TEST_TMPDIR/h.tar"; }
refused() {  # WORD
  run skiff load -i "$BATS_TEST_TMPDIR/h.tar"
  echo "$output"
  [ "$status" -eq 125 ]
  output_has "$1"
  [ "$(state)" = "$before" ]
}
taken() {
  skiff load -i "$BATS_TEST_TMPDIR/h.tar"
  root=$(skiff image mount localhost/hostile:1)
}
untaken() { skiff image unmount localhost/hostile:1 && skiff rmi localhost/hostile:1; }

@test "paths with .. and absolute paths" {
  make_archive <<< 'entry("../../../../../../../run/victim/file", data=b"x")'
  refused "leads out"
  make_archive <<< 'entry("a/../../../run/victim/new", data=b"x")'
  refused "leads out"
  make_archive <<< 'entry("/run/victim/file", data=b"inside")'
  taken
  [ "$(cat "$root/run/victim/file")" = inside ]
  untaken
}

@test "links that lead out, and files through them" {
  make_archive <<< 'entry("out", tarfile.SYMTYPE, link="/run/victim"); entry("out/file", data=b"x"); entry("up", tarfile.SYMTYPE, link="../../../../../../run/victim"); entry("up/new", data=b"y")'
  run skiff load -i "$BATS_TEST_TMPDIR/h.tar"
  [ "$(cat /run/victim/file)" = untouched ]
  skiff rmi -f localhost/hostile:1
  make_archive <<< 'entry("hard", tarfile.LNKTYPE, link="/run/victim/file")'
  refused "leads to nothing"
  make_archive <<< 'entry("hard", tarfile.LNKTYPE, link="../../../../../../../../run/victim/file")'
  refused "leads out"
  make_archive <<< 'entry("out", tarfile.SYMTYPE, link="/run/victim"); entry("hard", tarfile.LNKTYPE, link="out/file")'
  refused "leads to nothing"
}

@test "a directory is swapped for a link between two entries" {
  make_archive <<< 'entry("d", tarfile.DIRTYPE, mode=0o755); entry("d", tarfile.SYMTYPE, link="/run/victim"); entry("d/file", data=b"x"); entry("d", tarfile.DIRTYPE, mode=0o777)'
  run skiff load -i "$BATS_TEST_TMPDIR/h.tar"
  [ "$(stat -c %a /run/victim)" = 755 ]
  make_archive <<< 'entry("d", tarfile.SYMTYPE, link="/run/victim"); entry("d/.wh.file"); entry("d/.wh..wh..opq")'
  run skiff load -i "$BATS_TEST_TMPDIR/h.tar"
  [ -e /run/victim/file ]
  [ -z "$(getfattr -d -m - /run/victim 2> /dev/null)" ]
}

@test "devices and setuid bits are kept, and are nothing more than files of the layer" {
  make_archive <<< 'entry("null", tarfile.CHRTYPE, major=1, minor=3, mode=0o666); entry("disk", tarfile.BLKTYPE, major=7, minor=0); entry("su", data=b"x", mode=0o6755)'
  taken
  [ "$(stat -c '%F %t:%T' "$root/null")" = "character special file 1:3" ]
  [ "$(stat -c '%F %t:%T' "$root/disk")" = "block special file 7:0" ]
  [ "$(stat -c %a "$root/su")" = 6755 ]
  untaken
  # A device where a later entry writes is not opened.
  make_archive <<< 'entry("x", tarfile.BLKTYPE, major=7, minor=0); entry("x", data=b"over it")'
  taken
  [ "$(cat "$root/x")" = "over it" ]
  untaken
}

@test "huge names, whiteouts of nothing, duplicates" {
  make_archive <<< 'entry("n" * 300, data=b"x")'
  refused "name"
  make_archive <<< 'entry("/".join(["d"] * 3000), tarfile.DIRTYPE)'
  refused "name"
  make_archive <<< 'entry(".wh.absent"); entry("no/such/.wh.dir"); entry(".wh...", data=b""); entry("real", data=b"x")'
  run skiff load -i "$BATS_TEST_TMPDIR/h.tar"
  skiff rmi -f localhost/hostile:1
  make_archive <<< 'entry(".wh.absent"); entry("no/such/.wh.dir"); entry("real", data=b"x")'
  taken
  [ "$(cat "$root/real")" = x ]
  untaken
  make_archive <<< 'entry("twice", data=b"1"); entry("twice", data=b"2")'
  refused "twice"
}

@test "truncated layers and broken JSON" {
  make_archive <<< 'entry("a", data=b"x" * 5000); cut = 3000'
  refused "ends inside"
  mkdir "$BATS_TEST_TMPDIR/x"
  for text in '' '[' '[]' '{}' '[1]' '[{"Config":1}]' '[{"Config":"../../../etc/passwd","Layers":[]}]' '[{"Config":"c","Layers":["l"]}]' \
      "$(printf '[%.0s' {1..100000})"; do
    printf '%s' "$text" > "$BATS_TEST_TMPDIR/x/manifest.json"
    printf '{"rootfs":{"diff_ids":["sha256:x"]}}' > "$BATS_TEST_TMPDIR/x/c"
    tar -C "$BATS_TEST_TMPDIR/x" -cf "$BATS_TEST_TMPDIR/h.tar" .
    run skiff load -i "$BATS_TEST_TMPDIR/h.tar"
    [ "$status" -eq 125 ]
    ! grep -q "signal" <<< "$output" || false
    [ "$(state)" = "$before" ]
  done
  head -c 100000000 /dev/zero | tr '\0' '[' > "$BATS_TEST_TMPDIR/x/manifest.json"
  tar -C "$BATS_TEST_TMPDIR/x" -cf "$BATS_TEST_TMPDIR/h.tar" .
  refused "limit"
}
