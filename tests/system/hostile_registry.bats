# A registry that lies (tests/support/lying-registry): no lie is believed, no credential goes to another host, and a pull that
# fails leaves the store as it was.

load common

setup_file() {
  [[ ${SKIFF_SANDBOX:-} == 1 ]] || exit 1
  "$BATS_TEST_DIRNAME/../support/lying-registry" 5000 /run/lying > /run/lying.log 2>&1 3>&- &
  echo $! > /run/lying.pid
  eventually 20 bash -c 'exec 3<> /dev/tcp/127.0.0.1/5000' 2> /dev/null
  # Something is in the store already: it must stay, byte for byte.
  skiff image load -i "$SKIFF_TEST_IMAGES/app.tar" > /dev/null
}

teardown_file() { kill "$(cat /run/lying.pid)"; }

# The names of all files of the store, the contents of its records.
store_state() {
  find /var/lib/containers/storage -printf '%P %s %y\n' | grep -vE '\.lock |^overlay-(layers|images|containers) |^overlay ' | sort
  cat /var/lib/containers/storage/overlay-*/*.json
}

pull() { timeout 60 skiff pull -q --tls-verify=false --retry-delay 10ms "127.0.0.1:5000/$1/image:1" "${@:2}"; }

pulls() {  # LIE: the pull works and the image is whole
  run pull "$1"
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  [ "$(skiff image inspect --format '{{.Os}}' "127.0.0.1:5000/$1/image:1")" = linux ]
  run podman image inspect --format '{{len .RootFS.Layers}}' "127.0.0.1:5000/$1/image:1"
  [ "$output" = 1 ]
  skiff image rm "127.0.0.1:5000/$1/image:1" > /dev/null
}

refuses() {  # LIE TEXT: the pull fails with the text, the store is as before
  local before
  before=$(store_state)
  run pull "$1"
  [ "$status" -eq 125 ] || { echo "status $status: $output"; return 1; }
  output_has "$2"
  diff <(echo "$before") <(echo "$(store_state)")
  ! find /var/lib/containers/storage/overlay/skiff-staging -mindepth 1 2> /dev/null | grep -q . || false
  podman images > /dev/null
}

@test "an honest registry" { pulls honest; }
@test "a layer of other bytes" { refuses wrong-digest "was announced"; }
@test "a configuration of other bytes" { refuses wrong-config "damaged or forged"; }
@test "a connection that always breaks" { refuses truncated "blobs/sha256:"; [[ $output == *" bytes remaining to read"* || $output == *" bytes missing"* ]]; }
@test "a connection that breaks once is resumed" {
  pulls broken-once
  grep -q 'GET 5000 /v2/broken-once/image/blobs/.* bytes=' /run/lying/requests
}
@test "a Range that is ignored" { pulls range-ignored; }
@test "a Range that is answered with other bytes" { refuses range-wrong "asked from byte"; }
@test "a layer without end" { refuses endless "more than the"; }
@test "a length that is not the manifest's" { refuses long "the registry announces"; }
@test "a gzip bomb" { refuses bomb "after its end"; }
@test "a manifest of 100 MB" { refuses big-manifest "more than 4194304 bytes"; }
@test "a configuration of 100 MB" { refuses big-config "are not read"; }
@test "malformed JSON" { refuses bad-json "reading manifest"; }
@test "a path for a digest" { refuses bad-descriptor "is not a sha256 digest"; }
@test "more layers in the configuration than in the manifest" { refuses no-layers "the manifest lists 1 layers, but the image configuration 2"; }
@test "another diff_id" { refuses wrong-diff-id "digest of its uncompressed tar"; }
@test "redirects in a circle" { refuses redirect-loop "redirect"; }
@test "a redirect to a file" { refuses redirect-file "not an http or https URL"; }
@test "429 and then the truth" { pulls busy; }
@test "500 and then the truth" { pulls failing; }
@test "500 always" { refuses down "HTTP status 500"; }
@test "an index that names itself" { refuses deep "manifest"; }
@test "401 without a way" { refuses unauthorized "authentication required"; }
@test "another manifest than the digest's" {
  before=$(store_state)
  run timeout 60 skiff pull -q --tls-verify=false "127.0.0.1:5000/by-digest/image@sha256:$(printf '0%.0s' {1..64})"
  [ "$status" -eq 125 ]
  output_has "damaged or forged"
  diff <(echo "$before") <(echo "$(store_state)")
}

@test "resumed bytes that are fewer than asked for, or of something larger" {
  refuses range-short "the registry announces 1000 bytes"
  pulls range-total  # what comes is what was asked for: the digest tells
}
@test "206 for what was asked for as a whole" { refuses partial-first "HTTP status 206"; }
@test "bodies and heads without end" {
  refuses chunks-endless "more than the"
  refuses manifest-endless "more than 4194304 bytes"
  refuses head-endless "response headers"
}
@test "layers of other formats than they say, and of none" {
  pulls other-format
  pulls gzip-tail  # as podman takes it
  refuses gzip-garbage "broken gzip data"
  refuses tar-garbage "not a valid tar archive"
  refuses zstd-noise "Zstd decompression failed"
  refuses zstd-window "too much memory"
}
@test "indexes in indexes, and more layers than can be mounted" {
  refuses nested "again and again"
  refuses many-layers "the image has 20000 layers; more than 500"
}
@test "JSON of other types than podman can read never gets into the store" {
  refuses json-deep "not valid JSON"
  refuses json-types "neither clearly an image"
  refuses negative "has no size"
  refuses schema-1 "schema 1"
  # It would make `podman images` fail for the whole store.
  refuses config-types "architecture has a value of the wrong type"
}
@test "a layer that is only at another host is not fetched from there" {
  refuses foreign "name unknown"
  ! grep 'GET 5001 /elsewhere' /run/lying/requests | grep -q secret || false
}
@test "tokens: asked for again and again, short-lived, forged, huge" {
  refuses token-loop "authentication required"
  refuses token-crlf "gave no token"
  refuses token-big "more than 1048576 bytes"
  run pull token-expires
  [ "$status" -eq 0 ]
  skiff image rm 127.0.0.1:5000/token-expires/image:1
  [ "$(grep -c /any-token /run/lying/requests)" -lt 10 ]
}
@test "lists of tags without end, or with the next page elsewhere" {
  run timeout 120 skiff pull -aq --tls-verify=false --creds user:secret 127.0.0.1:5000/tags-elsewhere/image
  [ "$status" -eq 125 ]
  output_has "on another server"
  run timeout 120 skiff pull -aq --tls-verify=false --creds user:secret 127.0.0.1:5000/tags-endless/image
  [ "$status" -eq 125 ]
  output_has "has no end"
}

@test "credentials do not follow a redirect of a manifest to another host" {
  run pull manifest-redirect --creds user:secret
  [ "$status" -eq 125 ]
  grep -q 'GET 5001 /elsewhere - -' /run/lying/requests
  ! grep 'GET 5001 /elsewhere' /run/lying/requests | grep -qv ' - -$' || false
}

@test "credentials do not follow a redirect to another host" {
  pulls honest
  run pull redirect --creds user:secret
  [ "$status" -eq 0 ]
  grep -q 'GET 5001 /elsewhere - -' /run/lying/requests
  ! grep 'GET 5001 /elsewhere' /run/lying/requests | grep -qv ' - -$' || false
  skiff image rm 127.0.0.1:5000/redirect/image:1
}

@test "a token server on another host gets user and password, the registry only the token" {
  run pull token-elsewhere
  [ "$status" -eq 125 ]
  run pull token-elsewhere --creds user:wrong
  [ "$status" -eq 125 ]
  output_has "invalid username/password"
  run pull token-elsewhere --creds user:secret
  [ "$status" -eq 0 ]
  ! grep 'GET 5000 /v2/token-elsewhere' /run/lying/requests | grep -q Basic_ || false
  skiff image rm 127.0.0.1:5000/token-elsewhere/image:1
}

@test "a pull that is killed leaves nothing that is believed, and the next one succeeds" {
  before=$(store_state)
  for delay in 0.2 0.5 0.8 1.1 1.4; do
    timeout -s KILL "$delay" skiff pull -q --tls-verify=false 127.0.0.1:5000/slow/image:1 > /dev/null 2>&1 || true
    podman images > /dev/null
  done
  # skiff-transfer outlives its caller until it meets the closed pipe or ends; no image may be half there.
  eventually 20 bash -c '! pgrep -x skiff-transfer'
  skiff image rm 127.0.0.1:5000/slow/image:1 > /dev/null 2>&1 || true
  pulls slow
  diff <(echo "$before") <(echo "$(store_state)")
}
