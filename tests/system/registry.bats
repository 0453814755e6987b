# Pulling from and pushing to the distribution's docker-registry, on loopback: plain HTTP, TLS with a CA of our own, htpasswd.

load common

CERTS=/run/certs

setup_file() {
  [[ ${SKIFF_SANDBOX:-} == 1 ]] || exit 1
  support=$BATS_TEST_DIRNAME/../support
  mkdir -p $CERTS
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=test-ca -keyout $CERTS/ca.key -out $CERTS/ca.crt 2> /dev/null
  openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout $CERTS/server.key -out $CERTS/server.csr 2> /dev/null
  openssl x509 -req -in $CERTS/server.csr -CA $CERTS/ca.crt -CAkey $CERTS/ca.key -CAcreateserial -days 30 \
    -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") -out $CERTS/server.crt 2> /dev/null
  htpasswd -Bbc /run/htpasswd user secret 2> /dev/null
  "$support/registry" 5000 /run/plain > /run/pids
  "$support/registry" --tls $CERTS/server.crt $CERTS/server.key 5443 /run/tls >> /run/pids
  "$support/registry" --auth /run/htpasswd 5001 /run/auth >> /run/pids
  cp -r /run/plain/registry.log /run/plain.first
  podman load -qi "$SKIFF_TEST_IMAGES/busybox.tar" > /dev/null
  podman load -qi "$SKIFF_TEST_IMAGES/app.tar" > /dev/null
  for image in busybox:latest app:1; do
    podman push -q --tls-verify=false "localhost/$image" "127.0.0.1:5000/lib/$image"
    podman push -q --tls-verify=false "localhost/$image" "127.0.0.1:5443/lib/$image"
    podman push -q --tls-verify=false --creds user:secret "localhost/$image" "127.0.0.1:5001/lib/$image"
  done
  podman rmi -af > /dev/null
}

teardown_file() { kill $(cat /run/pids); }

teardown() {
  remove_all
  skiff rmi -af > /dev/null 2>&1 || true
  echo '{"default":[{"type":"insecureAcceptAnything"}]}' > /etc/containers/policy.json
  rm -rf /etc/containers/certs.d /etc/containers/registries.conf /run/containers/0/auth.json
}

insecure() {  # HOST:PORT...
  local host
  for host in "$@"; do printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$host"; done > /etc/containers/registries.conf
}

blobs_fetched() { grep -cE '"GET /v2/[^ ]*/blobs/' "/run/$1/registry.log" || true; }

tree_of() {  # IMAGE: modes, owners, times, links and contents of its layers; their roots' times are those of unpacking
  local top
  top=$(podman image inspect --format '{{.GraphDriver.Data.UpperDir}} {{.GraphDriver.Data.LowerDir}}' "$1")
  for layer in ${top//:/ }; do
    [[ -d $layer ]] || continue
    (cd "$layer" && find . -mindepth 1 -printf '%P %M %U:%G %T@ %n %l %s\n' | sort && find . -type f -print0 | sort -z | xargs -0 -r sha256sum)
  done
}

@test "pull: plain HTTP needs permission; stdout has the id, stderr podman's lines; podman runs it" {
  run skiff pull 127.0.0.1:5000/lib/app:1
  [ "$status" -eq 125 ]
  output_has "server gave HTTP response to HTTPS client"
  skiff pull --tls-verify=false 127.0.0.1:5000/lib/app:1 > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/err"
  [ "$(cat "$BATS_TEST_TMPDIR/out")" = "$(podman images -q --no-trunc | cut -d: -f2)" ]
  grep -q '^Trying to pull 127.0.0.1:5000/lib/app:1...$' "$BATS_TEST_TMPDIR/err"
  grep -qE '^Copying blob sha256:[0-9a-f]{64}$' "$BATS_TEST_TMPDIR/err"
  grep -q '^Writing manifest to image destination$' "$BATS_TEST_TMPDIR/err"
  [ "$(podman run --rm --network none 127.0.0.1:5000/lib/app:1)" = "entry cmd" ]
  [ "$(skiff run --rm --network none 127.0.0.1:5000/lib/app:1)" = "entry cmd" ]
}

@test "the same trees and records as podman's" {
  insecure 127.0.0.1:5000
  skiff pull -q 127.0.0.1:5000/lib/app:1
  tree_of 127.0.0.1:5000/lib/app:1 > "$BATS_TEST_TMPDIR/skiff"
  podman image inspect 127.0.0.1:5000/lib/app:1 | jq '.[0] | {Id, Digest, RepoTags, RepoDigests, RootFS, Config}' > "$BATS_TEST_TMPDIR/skiff.json"
  podman rmi -af > /dev/null
  podman pull -q 127.0.0.1:5000/lib/app:1
  tree_of 127.0.0.1:5000/lib/app:1 > "$BATS_TEST_TMPDIR/podman"
  podman image inspect 127.0.0.1:5000/lib/app:1 | jq '.[0] | {Id, Digest, RepoTags, RepoDigests, RootFS, Config}' > "$BATS_TEST_TMPDIR/podman.json"
  [ -s "$BATS_TEST_TMPDIR/skiff" ]
  diff "$BATS_TEST_TMPDIR/skiff" "$BATS_TEST_TMPDIR/podman"
  diff "$BATS_TEST_TMPDIR/skiff.json" "$BATS_TEST_TMPDIR/podman.json"
}

@test "what is there is not fetched: unchanged images, shared layers, several at once" {
  insecure 127.0.0.1:5000
  before=$(blobs_fetched plain)
  skiff pull -q 127.0.0.1:5000/lib/app:1 127.0.0.1:5000/lib/busybox:latest
  [ "$(skiff images -q | sort -u | wc -l)" -eq 2 ]
  # Two configurations, four layers of which one is in both images.
  [ $(($(blobs_fetched plain) - before)) -eq 6 ]
  skiff pull -q 127.0.0.1:5000/lib/app:1
  [ $(($(blobs_fetched plain) - before)) -eq 6 ]
  podman rmi 127.0.0.1:5000/lib/app:1
  skiff pull -q 127.0.0.1:5000/lib/app:1
  [ $(($(blobs_fetched plain) - before)) -eq 10 ]
}

@test "policies" {
  insecure 127.0.0.1:5000
  run skiff pull --policy never 127.0.0.1:5000/lib/app:1
  [ "$status" -eq 125 ]
  output_has "image not known"
  run skiff run --rm --pull never --network none 127.0.0.1:5000/lib/app:1
  [ "$status" -eq 125 ]
  [ "$(skiff run --rm --network none -q 127.0.0.1:5000/lib/app:1)" = "entry cmd" ]
  before=$(grep -c manifests /run/plain/registry.log)
  skiff run --rm --network none 127.0.0.1:5000/lib/app:1
  skiff pull -q --policy missing 127.0.0.1:5000/lib/app:1
  [ "$(grep -c manifests /run/plain/registry.log)" -eq "$before" ]
  skiff run --rm --pull always --network none -q 127.0.0.1:5000/lib/app:1
  [ "$(grep -c manifests /run/plain/registry.log)" -gt "$before" ]
  skiff tag 127.0.0.1:5000/lib/app:1 127.0.0.1:5999/gone:1
  [ "$(skiff run --rm --pull newer --retry 0 --network none -q 127.0.0.1:5999/gone:1)" = "entry cmd" ]
  run skiff run --rm --pull always --retry 0 --network none 127.0.0.1:5999/gone:1
  [ "$status" -eq 125 ]
  output_has "connection refused"
  run skiff pull --policy sometimes 127.0.0.1:5000/lib/app:1
  [ "$status" -eq 125 ]
  output_has "invalid pull policy"
}

@test "errors: unknown name, tag, registry; not a registry" {
  insecure 127.0.0.1:5000
  run skiff pull 127.0.0.1:5000/lib/nosuch:1
  [ "$status" -eq 125 ]
  output_has "reading manifest 1 in 127.0.0.1:5000/lib/nosuch: manifest unknown"
  run skiff pull --retry 1 --retry-delay 10ms 127.0.0.1:5999/x:1
  [ "$status" -eq 125 ]
  output_has "Failed, retrying in 10ms ... (1/1)"
  output_has "connection refused"
  run skiff pull shortname
  [ "$status" -eq 125 ]
  output_has 'short-name "shortname" did not resolve'
  busybox httpd -p 127.0.0.1:5800 -h /run/certs
  run skiff pull --tls-verify=false 127.0.0.1:5800/x:1
  kill "$(pgrep -f 'busybox httpd -p 127.0.0.1:5800')"
  [ "$status" -eq 125 ]
  output_has "is not a container registry"
}

@test "TLS: unknown CA is refused, certs.d and --cert-dir are read" {
  run skiff pull 127.0.0.1:5443/lib/busybox:latest
  [ "$status" -eq 125 ]
  output_has x509
  mkdir -p /etc/containers/certs.d/127.0.0.1:5443
  cp $CERTS/ca.crt /etc/containers/certs.d/127.0.0.1:5443/
  skiff pull -q 127.0.0.1:5443/lib/busybox:latest
  rm -r /etc/containers/certs.d
  mkdir "$BATS_TEST_TMPDIR/certs"
  cp $CERTS/ca.crt "$BATS_TEST_TMPDIR/certs/"
  skiff pull -q --cert-dir "$BATS_TEST_TMPDIR/certs" localhost:5443/lib/busybox:latest
  skiff pull -q --tls-verify=false localhost:5443/lib/app:1
}

@test "login, logout and pulling with them; podman uses the same file" {
  insecure 127.0.0.1:5001
  run skiff pull 127.0.0.1:5001/lib/busybox:latest
  [ "$status" -eq 125 ]
  output_has "authentication required"
  run skiff login --get-login 127.0.0.1:5001
  [ "$status" -eq 125 ]
  output_has "not logged into 127.0.0.1:5001"
  run skiff login -u user --password-stdin 127.0.0.1:5001 <<< wrong
  [ "$status" -eq 125 ]
  output_has "invalid username/password"
  [ ! -e /run/containers/0/auth.json ]
  run skiff login -u user --password-stdin 127.0.0.1:5001 <<< secret
  [ "$status" -eq 0 ]
  output_has "Login Succeeded!"
  [ "$(stat -c %a /run/containers/0/auth.json)" = 600 ]
  [ "$(skiff login --get-login 127.0.0.1:5001)" = user ]
  [ "$(podman login --get-login 127.0.0.1:5001)" = user ]
  skiff pull -q 127.0.0.1:5001/lib/busybox:latest
  run skiff login 127.0.0.1:5001
  output_has "Already logged in to 127.0.0.1:5001"
  podman logout 127.0.0.1:5001
  run skiff pull 127.0.0.1:5001/lib/busybox:latest
  [ "$status" -eq 125 ]
  podman login -u user -p secret 127.0.0.1:5001
  skiff pull -q 127.0.0.1:5001/lib/busybox:latest
  run skiff logout 127.0.0.1:5001
  [ "$status" -eq 0 ]
  output_has "Removed login credentials for 127.0.0.1:5001"
  run skiff logout 127.0.0.1:5001
  [ "$status" -eq 125 ]
  skiff pull -q --creds user:secret 127.0.0.1:5001/lib/busybox:latest
  skiff login -u user -p secret --authfile "$BATS_TEST_TMPDIR/a.json" 127.0.0.1:5001
  skiff pull -q --authfile "$BATS_TEST_TMPDIR/a.json" 127.0.0.1:5001/lib/busybox:latest
  skiff logout --all --authfile "$BATS_TEST_TMPDIR/a.json"
  run skiff pull --authfile "$BATS_TEST_TMPDIR/a.json" 127.0.0.1:5001/lib/busybox:latest
  [ "$status" -eq 125 ]
  # A path that is relative to the folder of the call; a file that is not there is an error.
  cd "$BATS_TEST_TMPDIR"
  skiff login -u user -p secret --authfile here.json 127.0.0.1:5001
  skiff rmi -af > /dev/null
  skiff pull -q --authfile here.json 127.0.0.1:5001/lib/busybox:latest
  skiff run --rm --network none -q --pull always --authfile ./here.json 127.0.0.1:5001/lib/busybox:latest true
  pod_yaml relative 127.0.0.1:5001/lib/busybox:latest Always | play --authfile here.json
  in_pod relative c true
  skiff push -q --authfile here.json 127.0.0.1:5001/lib/busybox:latest 127.0.0.1:5001/lib/again:1
  [ "$(skiff search --authfile here.json --list-tags --format '{{.Tag}}' 127.0.0.1:5001/lib/again)" = 1 ]
  run skiff pull --authfile not-here.json 127.0.0.1:5001/lib/busybox:latest
  [ "$status" -eq 125 ]
  output_has "not-here.json does not exist"
  # Without a registry: the first that short names are looked for at.
  run skiff login -u user -p secret
  [ "$status" -eq 125 ]
  output_has "no registry given"
  sed -i '1i unqualified-search-registries = ["127.0.0.1:5001"]' /etc/containers/registries.conf
  skiff login -u user -p secret
  [ "$(skiff login --get-login)" = user ]
  skiff logout
  run skiff logout 127.0.0.1:5001
  [ "$status" -eq 125 ]
}

@test "no password is ever on a command line" {
  insecure 127.0.0.1:5001
  ( for _ in $(seq 200); do cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' ' '; echo; sleep 0.01; done > "$BATS_TEST_TMPDIR/ps" ) &
  skiff login -u user --password-stdin 127.0.0.1:5001 <<< secret
  skiff pull -q 127.0.0.1:5001/lib/busybox:latest
  wait
  grep -q skiff-transfer "$BATS_TEST_TMPDIR/ps"
  ! grep -q secret "$BATS_TEST_TMPDIR/ps" || false
}

@test "mirrors, rewritten names, blocked registries, short names" {
  cat > /etc/containers/registries.conf <<'CONF'
unqualified-search-registries = ["127.0.0.1:5999", "127.0.0.1:5000/lib"]
[aliases]
"alias" = "there.example/team/busybox"
[[registry]]
location = "127.0.0.1:5000"
insecure = true
[[registry]]
prefix = "there.example/team"
location = "127.0.0.1:5998/none"
insecure = true
[[registry.mirror]]
location = "127.0.0.1:5000/lib"
insecure = true
[[registry]]
location = "blocked.example"
blocked = true
CONF
  skiff pull -q there.example/team/app:1
  skiff images --format '{{.Repository}}:{{.Tag}}' | grep -qx there.example/team/app:1
  skiff pull -q alias
  skiff images --format '{{.Repository}}:{{.Tag}}' | grep -qx there.example/team/busybox:latest
  run skiff pull blocked.example/x
  [ "$status" -eq 125 ]
  output_has "registry blocked.example is blocked"
  run skiff pull --retry 0 app:1
  [ "$status" -eq 0 ]
  output_has "Trying to pull 127.0.0.1:5999/app:1..."
  output_has "Trying to pull 127.0.0.1:5000/lib/app:1..."
}

@test "by digest, by platform, all tags" {
  insecure 127.0.0.1:5000
  digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' docker://127.0.0.1:5000/lib/app:1)
  skiff pull -q "127.0.0.1:5000/lib/app@$digest"
  [ "$(skiff run --rm --network none "127.0.0.1:5000/lib/app@$digest")" = "entry cmd" ]
  skiff rmi -af > /dev/null
  # An index: this machine's image and one that differs from it by the architecture it says.
  buildah manifest create multi > /dev/null
  buildah manifest add --tls-verify=false multi docker://127.0.0.1:5000/lib/app:1 > /dev/null
  buildah manifest add --tls-verify=false --arch s390x multi docker://127.0.0.1:5000/lib/busybox:latest > /dev/null
  buildah manifest push -q --all --tls-verify=false multi docker://127.0.0.1:5000/multi:1
  buildah manifest push -q --all --tls-verify=false multi docker://127.0.0.1:5000/multi:2
  buildah manifest rm multi > /dev/null
  index=$(skopeo inspect --raw --tls-verify=false docker://127.0.0.1:5000/multi:1 | sha256sum | cut -d' ' -f1)
  [ "$(skiff pull -q 127.0.0.1:5000/multi:1)" = "$(skiff pull -q 127.0.0.1:5000/lib/app:1)" ]
  skiff rmi -af > /dev/null
  skiff pull -q 127.0.0.1:5000/multi:1
  [[ $(podman image inspect --format '{{.RepoDigests}}' 127.0.0.1:5000/multi:1) == *"sha256:$index"* ]]
  [ "$(skiff pull -q --arch s390x 127.0.0.1:5000/multi:1)" = "$(skiff pull -q 127.0.0.1:5000/lib/busybox:latest)" ]
  skiff rmi -af > /dev/null
  # run and create pull by platform too, even where the name is that of another platform's image. The one for s390x says of
  # itself that it is amd64's: what the registry gives is told when it is another.
  skiff pull -q --platform linux/x86_64 127.0.0.1:5000/multi:1
  run skiff run --rm --network none --platform linux/s390x 127.0.0.1:5000/multi:1 busybox echo works
  [ "$status" -eq 0 ]
  output_has works
  output_has "image platform (linux/amd64) does not match the expected platform (linux/s390x)"
  id=$(skiff create -q --network none --arch amd64 127.0.0.1:5000/multi:2)
  [ "$(skiff start -a "$id")" = "entry cmd" ]
  run skiff run --rm --pull never --platform linux/s390x 127.0.0.1:5000/multi:2
  [ "$status" -eq 125 ]
  output_has "is for linux/amd64, and the pull policy is never"
  skiff rm -f -t 0 "$id"
  run skiff pull --platform linux/riscv64 127.0.0.1:5000/multi:2
  [ "$status" -eq 125 ]
  output_has "has no image for linux/riscv64; it has linux/amd64, linux/s390x"
  skiff rmi -af > /dev/null
  skiff pull -q --all-tags 127.0.0.1:5000/multi
  [ "$(skiff images --format '{{.Tag}}' | sort | xargs)" = "1 2" ]
  run skiff pull --all-tags 127.0.0.1:5000/multi:1
  [ "$status" -eq 125 ]
}

@test "zstd and uncompressed layers" {
  insecure 127.0.0.1:5000
  skiff pull -q 127.0.0.1:5000/lib/app:1
  podman push -q --compression-format zstd --format oci 127.0.0.1:5000/lib/app:1 127.0.0.1:5000/zstd/app:1
  skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --dest-decompress docker://127.0.0.1:5000/lib/app:1 "dir:$BATS_TEST_TMPDIR/plain" ||
    skip "this skopeo cannot decompress"
  skopeo copy -q --dest-tls-verify=false --preserve-digests "dir:$BATS_TEST_TMPDIR/plain" docker://127.0.0.1:5000/plain/app:1
  for kind in zstd plain; do
    skiff rmi -af > /dev/null
    skiff pull -q 127.0.0.1:5000/$kind/app:1
    [ "$(podman run --rm --network none 127.0.0.1:5000/$kind/app:1)" = "entry cmd" ]
  done
}

@test "push: what was pulled keeps its digest, layers that are there are not sent, podman pulls it" {
  insecure 127.0.0.1:5000 127.0.0.1:5001
  skiff pull -q 127.0.0.1:5000/lib/app:1
  uploads=$(grep -c '"PATCH ' /run/plain/registry.log)
  skiff push -q --digestfile "$BATS_TEST_TMPDIR/digest" 127.0.0.1:5000/lib/app:1 127.0.0.1:5000/pushed/app:2
  [ "$(cat "$BATS_TEST_TMPDIR/digest")" = "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' docker://127.0.0.1:5000/lib/app:1)" ]
  [ "$(cat "$BATS_TEST_TMPDIR/digest")" = "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' docker://127.0.0.1:5000/pushed/app:2)" ]
  # Layers are mounted from the other repository; only the configuration is sent.
  [ $(($(grep -c '"PATCH ' /run/plain/registry.log) - uploads)) -le 1 ]
  # A registry that has nothing yet gets all; the second time nothing.
  skiff push -q --creds user:secret 127.0.0.1:5000/lib/app:1 127.0.0.1:5001/new/app:1
  uploads=$(grep -c '"PATCH ' /run/auth/registry.log)
  skiff push -q --creds user:secret --digestfile "$BATS_TEST_TMPDIR/second" 127.0.0.1:5000/lib/app:1 127.0.0.1:5001/new/app:1
  [ "$(grep -c '"PATCH ' /run/auth/registry.log)" -eq "$uploads" ]
  podman rmi -af > /dev/null
  podman pull -q --creds user:secret 127.0.0.1:5001/new/app:1
  [ "$(podman run --rm --network none 127.0.0.1:5001/new/app:1)" = "entry cmd" ]
  [ "$(podman image inspect --format '{{.Digest}}' 127.0.0.1:5001/new/app:1)" = "$(cat "$BATS_TEST_TMPDIR/second")" ]
}

@test "push: kinds of manifest and compression; errors" {
  insecure 127.0.0.1:5000 127.0.0.1:5001
  skiff image load -i "$SKIFF_TEST_IMAGES/app.tar" > /dev/null
  for arguments in "--format oci" "--format v2s2" "--format oci --compression-format zstd"; do
    skiff push -q $arguments localhost/app:1 127.0.0.1:5000/kinds/app:1
    type=$(skiff manifest inspect 127.0.0.1:5000/kinds/app:1 | jq -r .mediaType)
    case $arguments in
      *v2s2*) [ "$type" = application/vnd.docker.distribution.manifest.v2+json ] ;;
      *) [ "$type" = application/vnd.oci.image.manifest.v1+json ] ;;
    esac
    podman rmi -f 127.0.0.1:5000/kinds/app:1 > /dev/null 2>&1 || true
    podman pull -q 127.0.0.1:5000/kinds/app:1
    [ "$(podman run --rm --network none 127.0.0.1:5000/kinds/app:1)" = "entry cmd" ]
  done
  run skiff push -q localhost/app:1 127.0.0.1:5001/denied:1
  [ "$status" -eq 125 ]
  output_has "authentication required"
  run skiff push -q localhost/app:1 app:2
  [ "$status" -eq 125 ]
  output_has "names no registry"
  run skiff push -q --format v2s2 --compression-format zstd localhost/app:1 127.0.0.1:5000/x:1
  [ "$status" -eq 125 ]
  run skiff push -q nosuch 127.0.0.1:5000/x:1
  [ "$status" -eq 125 ]
}

@test "search: names of the catalogue, tags of a repository" {
  insecure 127.0.0.1:5000
  [ "$(skiff search --format '{{.Name}}' 127.0.0.1:5000/lib/)" = "$(podman search --tls-verify=false --format '{{.Name}}' 127.0.0.1:5000/lib/)" ]
  skiff search --format '{{.Name}}' 127.0.0.1:5000/lib/ | grep -qx 127.0.0.1:5000/lib/app
  [ "$(skiff search --list-tags --format '{{.Name}} {{.Tag}}' 127.0.0.1:5000/lib/app)" = "127.0.0.1:5000/lib/app 1" ]
  run skiff search nothing-says-where
  [ "$status" -eq 125 ]
  output_has "no unqualified-search registries"
}

@test "skiff and podman pull and remove at the same time" {
  insecure 127.0.0.1:5000
  for i in 1 2 3 4; do
    for program in skiff podman; do
      ( $program pull -q 127.0.0.1:5000/lib/app:1 && $program pull -q 127.0.0.1:5000/lib/busybox:latest && $program rmi 127.0.0.1:5000/lib/app:1 ) \
        > "$BATS_TEST_TMPDIR/$program$i" 2>&1 &
    done
  done
  wait
  podman images > /dev/null
  skiff pull -q 127.0.0.1:5000/lib/app:1
  [ "$(podman run --rm --network none 127.0.0.1:5000/lib/app:1)" = "entry cmd" ]
  [ "$(skiff run --rm --network none 127.0.0.1:5000/lib/busybox:latest echo hi)" = hi ]
}

pod_yaml() {  # NAME IMAGE POLICY [SECRET]
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 0
  ${4:+imagePullSecrets: [{name: $4\}]}
  containers:
  - {name: c, image: "$2", imagePullPolicy: $3, command: [sleep, "1000"]}
---
YAML
}

@test "kube play pulls what it needs, at once and each once" {
  insecure 127.0.0.1:5000
  before=$(blobs_fetched plain)
  { pod_yaml a 127.0.0.1:5000/lib/app:1 IfNotPresent; pod_yaml b 127.0.0.1:5000/lib/busybox:latest Always; pod_yaml d 127.0.0.1:5000/lib/app:1 IfNotPresent; } | play
  [ $(($(blobs_fetched plain) - before)) -eq 6 ]
  in_pod a c true
  in_pod b c true
  # Always with an unchanged manifest asks, and fetches no blob.
  asked=$(grep -c 'GET /v2/lib/busybox/manifests' /run/plain/registry.log)
  pod_yaml e 127.0.0.1:5000/lib/busybox:latest Always | play
  [ "$(grep -c 'GET /v2/lib/busybox/manifests' /run/plain/registry.log)" -gt "$asked" ]
  [ $(($(blobs_fetched plain) - before)) -eq 6 ]
}

nobody_retries() { ! pgrep -f 'skiff.* retry-images' > /dev/null; }

@test "kube play: an image that cannot be had is ErrImagePull, and the others run" {
  insecure 127.0.0.1:5000
  { pod_yaml bad 127.0.0.1:5000/lib/nosuch:1 IfNotPresent; pod_yaml good 127.0.0.1:5000/lib/busybox:latest IfNotPresent; } > "$BATS_TEST_TMPDIR/y"
  run play < "$BATS_TEST_TMPDIR/y"
  [ "$status" -eq 125 ]
  output_has 'spec.containers[0].image: ErrImagePull: '
  output_has "manifest unknown"
  output_has "pod/bad created (ErrImagePull)"
  in_pod good c true
  # The pod is there to be seen, in Kubernetes' words.
  run skiff kube get pods
  [[ $output =~ bad\ +0/1\ +(ErrImagePull|ImagePullBackOff)\ +0 ]] || { echo "$output"; return 1; }
  [[ "$(skiff kube get pod bad -o jsonpath='{.status.phase} {.status.containerStatuses[0].state.waiting.reason}')" = Pending\ * ]]
  skiff kube describe pod bad > "$BATS_TEST_TMPDIR/describe"
  grep -qE 'Warning +Failed .*Failed to pull image "127.0.0.1:5000/lib/nosuch:1"' "$BATS_TEST_TMPDIR/describe"
  grep -qE 'Warning +Failed .*Error: ErrImagePull' "$BATS_TEST_TMPDIR/describe"
  skiff pod inspect bad > /dev/null
  skiff ps -a > /dev/null
  run skiff pod start bad
  [ "$status" -ne 0 ]
  output_has "play the manifest again"
  # In vain again: the same pod, the event counted.
  id=$(skiff pod ps -q --no-trunc --filter name=bad)
  run play < "$BATS_TEST_TMPDIR/y"
  [ "$status" -eq 125 ]
  [ "$(skiff pod ps -q --no-trunc --filter name=bad)" = "$id" ]
  skiff kube describe pod bad | grep -qE 'x[0-9]+ over .*ErrImagePull'
  # One process tries again, and waits between.
  backing_off() { skiff kube get pod bad -o jsonpath='{.status.containerStatuses[0].state.waiting.reason}' | grep -q ImagePullBackOff; }
  eventually 30 backing_off
  skiff kube describe pod bad | grep -qE 'Normal +BackOff .*Back-off pulling image "127.0.0.1:5000/lib/nosuch:1"'
  # There at last: the pod runs, as the one that it was. What then cannot be pulled does not take it away.
  skopeo copy -q --src-tls-verify=false --dest-tls-verify=false docker://127.0.0.1:5000/lib/busybox:latest docker://127.0.0.1:5000/lib/nosuch:1
  eventually 60 in_pod bad c true
  [ "$(skiff pod ps -q --no-trunc --filter name=bad)" = "$id" ]
  eventually 20 nobody_retries
  play < "$BATS_TEST_TMPDIR/y"
  [ "$(skiff pod ps -q --no-trunc --filter name=bad)" = "$id" ]
  sed 's/nosuch:1/nosuch:2/' "$BATS_TEST_TMPDIR/y" > "$BATS_TEST_TMPDIR/y2"
  run play < "$BATS_TEST_TMPDIR/y2"
  [ "$status" -eq 125 ]
  in_pod bad c true
  skiff kube down "$BATS_TEST_TMPDIR/y"
  pod_yaml never 127.0.0.1:5000/lib/app:1 Never > "$BATS_TEST_TMPDIR/y"
  run play < "$BATS_TEST_TMPDIR/y"
  [ "$status" -eq 125 ]
  output_has "ErrImageNeverPull"
  [ "$(skiff kube get pod never -o jsonpath='{.status.containerStatuses[0].state.waiting.reason}')" = ErrImageNeverPull ]
  skiff kube down "$BATS_TEST_TMPDIR/y"
  [ -z "$(skiff kube get pods -o name)" ]
  eventually 20 nobody_retries
}

@test "kube play: an image made here needs no registry, whatever the policy" {
  skiff image load -i "$SKIFF_TEST_IMAGES/busybox.tar" > /dev/null
  pod_yaml local localhost/busybox:latest Always | play --retry 0
  in_pod local c true
}

login_secret() {  # USER:PASSWORD
  local config
  # A docker config that leaves logins to a helper of some other machine: of a Secret, only the table counts.
  config=$(echo -n "{\"credsStore\":\"desktop\",\"auths\":{\"127.0.0.1:5001\":{\"auth\":\"$(echo -n "$1" | base64)\"}}}" | base64 -w0)
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ntype: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: %s}\n---\n' "$config"
}

@test "kube play: imagePullSecrets" {
  insecure 127.0.0.1:5001
  pod_yaml p 127.0.0.1:5001/lib/busybox:latest IfNotPresent login > "$BATS_TEST_TMPDIR/pod"
  run play < "$BATS_TEST_TMPDIR/pod"
  [ "$status" -eq 125 ]
  output_has "authentication required"
  { login_secret user:secret; cat "$BATS_TEST_TMPDIR/pod"; } | play
  in_pod p c true
  # A Secret that is put right while the pod waits: the next try uses it.
  remove_all
  skiff rmi -af > /dev/null
  { login_secret user:wrong; pod_yaml q 127.0.0.1:5001/lib/busybox:latest IfNotPresent login; } > "$BATS_TEST_TMPDIR/wrong"
  run play < "$BATS_TEST_TMPDIR/wrong"
  [ "$status" -eq 125 ]
  output_has "pod/q created (ErrImagePull)"
  login_secret user:secret | play
  eventually 60 in_pod q c true
  eventually 20 nobody_retries
}

@test "a layer that lies in the store above another parent is not fetched" {
  insecure 127.0.0.1:5000
  skiff pull -q 127.0.0.1:5000/lib/app:1
  # The same layers in another order.
  skopeo copy -q --src-tls-verify=false docker://127.0.0.1:5000/lib/app:1 "dir:$BATS_TEST_TMPDIR/app"
  python3 - "$BATS_TEST_TMPDIR/app" <<'PY'
import hashlib, json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
config_file = folder / manifest["config"]["digest"].split(":")[1]
config = json.loads(config_file.read_text())
config["rootfs"]["diff_ids"].reverse()
config.pop("history", None)
manifest["layers"].reverse()
data = json.dumps(config).encode()
digest = hashlib.sha256(data).hexdigest()
(folder / digest).write_bytes(data)
manifest["config"].update(digest="sha256:" + digest, size=len(data))
(folder / "manifest.json").write_text(json.dumps(manifest))
PY
  skopeo copy -q --dest-tls-verify=false "dir:$BATS_TEST_TMPDIR/app" docker://127.0.0.1:5000/reversed/app:1
  before=$(blobs_fetched plain)
  skiff pull -q 127.0.0.1:5000/reversed/app:1
  [ $(($(blobs_fetched plain) - before)) -eq 1 ]
  [ "$(podman run --rm --network none 127.0.0.1:5000/reversed/app:1)" = "entry cmd" ]
}

@test "policy.json decides what may be pulled" {
  insecure 127.0.0.1:5000
  echo '{"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{"127.0.0.1:5000/lib/app":[{"type":"reject"}]}}}' > /etc/containers/policy.json
  run skiff pull 127.0.0.1:5000/lib/app:1
  [ "$status" -eq 125 ]
  output_has reject
  ! skiff image exists 127.0.0.1:5000/lib/app:1 || false
  skiff pull -q 127.0.0.1:5000/lib/busybox:latest
  echo '{"default":[{"type":"signedBy","keyType":"GPGKeys","keyData":"AA=="}]}' > /etc/containers/policy.json
  run skiff pull 127.0.0.1:5000/lib/app:1
  [ "$status" -eq 125 ]
  ! skiff image exists 127.0.0.1:5000/lib/app:1 || false
}
