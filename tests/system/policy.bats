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

@test "import asks the policy too" {
  tar -C "$BATS_FILE_TMPDIR/plain" -cf "$BATS_TEST_TMPDIR/root.tar" .
  policy <<< '{"default":[{"type":"insecureAcceptAnything"}],"transports":{"tarball":{"":[{"type":"reject"}]}}}'
  run podman import -q "$BATS_TEST_TMPDIR/root.tar"  # podman agrees
  [ "$status" -ne 0 ]
  run skiff import -q "$BATS_TEST_TMPDIR/root.tar"
  [ "$status" -eq 125 ]
  output_has rejected
  cp "$BATS_FILE_TMPDIR/policy.json" /etc/containers/policy.json
  skiff import -q "$BATS_TEST_TMPDIR/root.tar"
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

registry_policy() {  # KEYFILE
  policy <<< "{\"default\":[{\"type\":\"reject\"}],\"transports\":{\"docker\":{\"127.0.0.1:5000\":[{\"type\":\"signedBy\",\"keyType\":\"GPGKeys\",\"keyPath\":\"$1\"}]}}}"
}
lookaside() {  # URL [STAGING]
  mkdir -p /etc/containers/registries.d
  printf 'default-docker:\n  lookaside: file:///nowhere\ndocker:\n  127.0.0.1:5000/signed:\n    lookaside: %s\n    lookaside-staging: %s\n' \
    "$1" "${2:-$1}" > /etc/containers/registries.d/test.yaml
}
pull() { skiff pull -q --tls-verify=false "127.0.0.1:5000/$1"; }
pull_refused() {  # NAME WORD
  run pull "$1"
  [ "$status" -eq 125 ] || { echo "status $status: $output"; return 1; }
  output_has "$2"
  [ -z "$(find /var/lib/containers/storage/overlay/skiff-staging 2> /dev/null)" ]
}

@test "signatures of a registry lie where registries.d says: in a folder or on a server" {
  registry=$("$BATS_TEST_DIRNAME/../support/registry" 5000 "$BATS_TEST_TMPDIR/registry")
  lookaside "file://$BATS_TEST_TMPDIR/sigs"
  skopeo copy -q --dest-tls-verify=false --sign-by good@example.com "dir:$BATS_FILE_TMPDIR/plain" docker://127.0.0.1:5000/signed/app:1
  skopeo copy -q --dest-tls-verify=false "dir:$BATS_FILE_TMPDIR/plain" docker://127.0.0.1:5000/unsigned/app:1
  registry_policy "$BATS_FILE_TMPDIR/good.gpg"
  podman pull -q --tls-verify=false 127.0.0.1:5000/signed/app:1  # podman agrees
  podman rmi -af > /dev/null
  pull signed/app:1
  skiff rmi -af > /dev/null
  pull_refused unsigned/app:1 "no signature"
  registry_policy "$BATS_FILE_TMPDIR/other.gpg"
  pull_refused signed/app:1 "not good for the keys"
  registry_policy "$BATS_FILE_TMPDIR/good.gpg"
  # The same over HTTP; an error of the server is no missing signature.
  busybox httpd -p 127.0.0.1:5801 -h "$BATS_TEST_TMPDIR/sigs"
  lookaside http://127.0.0.1:5801/ "file://$BATS_TEST_TMPDIR/sigs"
  pull signed/app:1
  skiff rmi -af > /dev/null
  lookaside http://127.0.0.1:5802
  pull_refused signed/app:1 "connection refused"
  lookaside ftp://127.0.0.1
  pull_refused signed/app:1 "test.yaml"
  # Another tag of the same bytes: what was signed is the name too.
  lookaside "file://$BATS_TEST_TMPDIR/sigs"
  skopeo copy -q --insecure-policy --dest-tls-verify=false "dir:$BATS_FILE_TMPDIR/plain" docker://127.0.0.1:5000/signed/app:2
  pull_refused signed/app:2 "signed/app:1"
  rm -r /etc/containers/registries.d
  kill "$registry" "$(pgrep -f 'busybox httpd -p 127.0.0.1:5801')"
}
