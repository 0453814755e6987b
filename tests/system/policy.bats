# policy.json decides what may be loaded; signatures are made by gpg and skopeo.

load common

setup_file() {
  common_setup_file
  export GNUPGHOME=$BATS_FILE_TMPDIR/gpg
  mkdir -m 700 "$GNUPGHOME"
  for who in good other; do
    gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-gen-key "$who@example.com" rsa2048 sign never 2> /dev/null
    gpg --batch --quiet --export "$who@example.com" > "$BATS_FILE_TMPDIR/$who.gpg"
    gpg --batch --quiet --armor --export "$who@example.com" > "$BATS_FILE_TMPDIR/$who.asc"
  done
  skopeo copy -q "oci-archive:$SKIFF_TEST_IMAGES/app.tar" "dir:$BATS_FILE_TMPDIR/plain"
  cp -r "$BATS_FILE_TMPDIR/plain" "$BATS_FILE_TMPDIR/signed"
  # The name that the signature bears is part of what it says.
  skopeo standalone-sign -o "$BATS_FILE_TMPDIR/signed/signature-1" "$BATS_FILE_TMPDIR/plain/manifest.json" registry.example.com/app:1 good@example.com
  cp /etc/containers/policy.json "$BATS_FILE_TMPDIR/policy.json"
}

teardown_file() {
  gpgconf --homedir "$BATS_FILE_TMPDIR/gpg" --kill gpg-agent
}

teardown() {
  cp "$BATS_FILE_TMPDIR/policy.json" /etc/containers/policy.json
  skiff rmi -f localhost/app:1 > /dev/null 2>&1 || true
  skiff image prune -f > /dev/null
}

policy() { cat > /etc/containers/policy.json; }
signed_by() {  # KEYFILE [IDENTITY]
  policy <<< "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"dir\":{\"\":[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"$1\",\"signedIdentity\":${2:-{\"type\":\"exactReference\",\"dockerReference\":\"registry.example.com/app:1\"\}}}]}}}"
}
refused() {  # FILE WORD
  run skiff load -i "$1"
  [ "$status" -eq 125 ]
  output_has policy
  output_has "$2"
  [ -z "$(find /var/lib/containers/storage/overlay/skiff-staging 2> /dev/null)" ]
}

@test "reject, accept, and the longest scope" {
  policy <<< '{"default":[{"type":"reject"}]}'
  refused "$SKIFF_TEST_IMAGES/app.tar" rejected
  policy <<< "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"oci-archive\":{\"$(dirname "$SKIFF_TEST_IMAGES")\":[{\"type\":\"insecureAcceptAnything\"}]}}}"
  skiff load -i "$SKIFF_TEST_IMAGES/app.tar"
  # Neither standard input nor another folder is that scope.
  run skiff load < "$SKIFF_TEST_IMAGES/app.tar"
  [ "$status" -eq 125 ]
  refused "$BATS_FILE_TMPDIR/plain" rejected
}

@test "no policy, a broken one and one that demands what skiff cannot check allow nothing" {
  rm /etc/containers/policy.json
  refused "$SKIFF_TEST_IMAGES/app.tar" /etc/containers/policy.json
  policy <<< '{"default":['
  refused "$SKIFF_TEST_IMAGES/app.tar" policy.json
  policy <<< '{"default":[{"type":"sigstoreSigned","keyPath":"/x"}]}'
  refused "$SKIFF_TEST_IMAGES/app.tar" sigstoreSigned
}

@test "the user's own policy goes before the machine's" {
  policy <<< '{"default":[{"type":"reject"}]}'
  mkdir -p "$BATS_TEST_TMPDIR/home/.config/containers"
  cp "$BATS_FILE_TMPDIR/policy.json" "$BATS_TEST_TMPDIR/home/.config/containers/"
  HOME=$BATS_TEST_TMPDIR/home skiff load -i "$SKIFF_TEST_IMAGES/app.tar"
}

@test "a good signature is needed, by the right key, for the right name and the right image" {
  signed_by "$BATS_FILE_TMPDIR/good.gpg"
  skiff load -i "$BATS_FILE_TMPDIR/signed"
  podman rmi -af > /dev/null
  podman load -qi "$BATS_FILE_TMPDIR/signed"  # podman agrees
  podman rmi -af > /dev/null
  signed_by "$BATS_FILE_TMPDIR/good.asc"
  skiff load -i "$BATS_FILE_TMPDIR/signed"
  refused "$BATS_FILE_TMPDIR/plain" "no signature"
  signed_by "$BATS_FILE_TMPDIR/other.gpg"
  refused "$BATS_FILE_TMPDIR/signed" "not good for the keys"
  signed_by "$BATS_FILE_TMPDIR/good.gpg" '{"type":"exactReference","dockerReference":"registry.example.com/app:2"}'
  refused "$BATS_FILE_TMPDIR/signed" registry.example.com/app:1
  signed_by "$BATS_FILE_TMPDIR/good.gpg" '{"type":"exactRepository","dockerRepository":"registry.example.com/app"}'
  skiff load -i "$BATS_FILE_TMPDIR/signed"
  # The same signature beside another manifest.
  cp -r "$BATS_FILE_TMPDIR/signed" "$BATS_TEST_TMPDIR/changed"
  jq -c '.annotations = {"a":"b"}' "$BATS_FILE_TMPDIR/signed/manifest.json" > "$BATS_TEST_TMPDIR/changed/manifest.json"
  refused "$BATS_TEST_TMPDIR/changed" "digest"
  # A signature that was tampered with, and text that is none.
  cp -r "$BATS_FILE_TMPDIR/signed" "$BATS_TEST_TMPDIR/broken"
  printf 'x' | dd of="$BATS_TEST_TMPDIR/broken/signature-1" bs=1 seek=100 conv=notrunc status=none
  refused "$BATS_TEST_TMPDIR/broken" "not good"
  echo '{"critical":{}}' > "$BATS_TEST_TMPDIR/broken/signature-1"
  refused "$BATS_TEST_TMPDIR/broken" "not good"
  # One good one among bad ones is enough.
  mv "$BATS_TEST_TMPDIR/broken/signature-1" "$BATS_TEST_TMPDIR/broken/signature-2"
  cp "$BATS_TEST_TMPDIR/broken/signature-2" "$BATS_TEST_TMPDIR/broken/signature-1"
  cp "$BATS_FILE_TMPDIR/signed/signature-1" "$BATS_TEST_TMPDIR/broken/signature-2"
  skiff load -i "$BATS_TEST_TMPDIR/broken"
}
