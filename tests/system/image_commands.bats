# save, commit, export, build and the commands that list and change images, each beside podman's where podman has the same.

load common

setup_file() {
  common_setup_file
  skiff image load -i "$SKIFF_TEST_IMAGES/app.tar" > /dev/null
}

teardown() {
  remove_all
  skiff image unmount -a > /dev/null
}

app_id() { jq -r '.[] | select(.names != null and (.names | index("localhost/app:1"))) | .id' /var/lib/containers/storage/overlay-images/images.json; }

only_images() {  # removes every image but those of setup_file
  local id
  for id in $(skiff images -a -q --no-trunc | cut -d: -f2 | sort -u); do
    skiff image inspect --format '{{.RepoTags}}' "$id" 2> /dev/null | grep -qE 'localhost/(busybox:latest|app:1)' || skiff rmi -f "$id" > /dev/null 2>&1 || true
  done
}

@test "what save writes is loaded by podman, skopeo and skiff, and is the same image" {
  id=$(app_id)
  cd "$BATS_TEST_TMPDIR"
  skiff save -o docker.tar localhost/app:1
  skiff save localhost/app:1 > stdout.tar
  cmp docker.tar stdout.tar
  skiff save --format oci-archive -o oci.tar localhost/app:1
  skiff save --format oci-archive --uncompressed -o plain.tar app:1
  skiff save --format oci-dir -o oci localhost/app:1
  skiff save --format docker-dir -o dir localhost/app:1
  skiff save --format docker-dir --compress -o zdir localhost/app:1
  gzip -k docker.tar
  zstd -q docker.tar -o docker.tar.zst 2> /dev/null || cp docker.tar.gz docker.tar.zst
  for source in docker-archive:docker.tar oci-archive:oci.tar oci-archive:plain.tar oci:oci dir:dir dir:zdir; do
    skopeo inspect --raw "$source" > /dev/null
    [ "$(skopeo inspect --config --raw "$source" | sha256sum | cut -c-64)" = "$id" ]
  done
  for file in docker.tar oci.tar plain.tar oci dir zdir docker.tar.gz docker.tar.zst; do
    podman rmi -f "$id" > /dev/null
    if [[ $file != *.gz && $file != *.zst ]]; then  # which podman 4.3 does not load
      podman load -qi "$file"
      podman image exists "$id"
      [ "$(podman run --rm --network none "$id")" = "entry cmd" ]
      podman rmi -f "$id" > /dev/null
    fi
    run skiff load -i "$file"
    [ "$status" -eq 0 ]
    output_has "Loaded image: "
    [ "$(skiff run --rm --network none "$id")" = "entry cmd" ]
  done
  skiff rmi -f "$id"
  skiff load < docker.tar.gz
  skiff image exists localhost/app:1
}

@test "layers that are saved uncompressed are those that the image names" {
  cd "$BATS_TEST_TMPDIR"
  skiff save -o docker.tar localhost/app:1
  mkdir x && tar -xf docker.tar -C x
  for digest in $(podman image inspect localhost/app:1 | jq -r '.[0].RootFS.Layers[]' | cut -d: -f2); do
    [ "$(sha256sum < "x/$digest.tar" | cut -c-64)" = "$digest" ]
  done
  podman save -q -o podman.tar localhost/app:1
  mkdir p && tar -xf podman.tar -C p
  [ "$(jq -c 'map({Config, RepoTags, Layers})' x/manifest.json)" = "$(jq -c 'map({Config, RepoTags, Layers})' p/manifest.json)" ]
}

@test "several images and further names in one archive" {
  cd "$BATS_TEST_TMPDIR"
  skiff save -m -o several.tar localhost/app:1 localhost/busybox:latest
  [ "$(tar -tf several.tar | sort | uniq -d)" = "" ]
  podman load -qi several.tar
  skiff save -o names.tar localhost/app:1 other:2 quay.io/x/y
  [ "$(tar -xOf names.tar manifest.json | jq -c '.[0].RepoTags')" = '["localhost/app:1","localhost/other:2","quay.io/x/y:latest"]' ]
  skiff save -m --format oci-archive -o several-oci.tar localhost/app:1 localhost/busybox:latest
  skiff rmi localhost/app:1
  run skiff load -i several-oci.tar
  [ "$status" -eq 0 ]
  output_has "Loaded image: localhost/app:1"
  output_has "Loaded image: localhost/busybox:latest"
  # A second image goes into an OCI layout that is there.
  skiff save --format oci-dir -o layout localhost/app:1
  skiff save --format oci-dir -o layout localhost/busybox:latest
  [ "$(jq '.manifests | length' layout/index.json)" = 2 ]
}

@test "save refuses what it cannot do and leaves no half file" {
  cd "$BATS_TEST_TMPDIR"
  run skiff save -o x.tar nosuch
  [ "$status" -eq 125 ]
  [ ! -e x.tar ]
  echo old > x.tar
  run skiff save -o x.tar localhost/app:1
  [ "$status" -eq 125 ]
  [ "$(cat x.tar)" = old ]
  run skiff save --format nosuch -o y.tar localhost/app:1
  [ "$status" -eq 125 ]
  output_has docker-archive
  run skiff save --compress -o y.tar localhost/app:1
  [ "$status" -eq 125 ]
  run skiff save --format oci-dir localhost/app:1
  [ "$status" -eq 125 ]
  mkdir full && touch full/file
  run skiff save --format docker-dir -o full localhost/app:1
  [ "$status" -eq 125 ]
  # A layer whose files were changed is noticed, not saved.
  layer=$(podman image inspect localhost/busybox:latest | jq -r '.[0].RootFS.Layers[0]' | cut -d: -f2)
  file=/var/lib/containers/storage/overlay/$layer/diff/etc/passwd
  cp -p "$file" saved && sed -i 's/root/ROOT/' "$file"
  run skiff save -o y.tar localhost/busybox:latest
  [ "$status" -eq 125 ]
  output_has "changed since"
  [ ! -e y.tar ]
  cat saved > "$file"
  ls -A | grep -v -e x.tar -e full -e saved && return 1
  true
}

@test "commit makes an image that podman runs, saves and pushes" {
  skiff run --name c --network none -e A=1 -w /tmp -p 81:80 --entrypoint '["/bin/sh","-c"]' localhost/busybox:latest \
    'echo new > /tmp/new; rm /etc/group; rm -r /var/www; mkdir /var/www; echo p > /var/www/page; ln /tmp/new /hard; mkfifo /pipe; chmod 4755 /tmp/new' || true
  id=$(skiff commit -q -a me --change 'LABEL k=v' --change 'CMD ["cat /tmp/new"]' --iidfile "$BATS_TEST_TMPDIR/id" c made:1)
  [ "$(cat "$BATS_TEST_TMPDIR/id")" = "$id" ]
  [ "$(skiff run --rm --network none localhost/made:1)" = new ]
  [ "$(podman run --rm --network none localhost/made:1)" = new ]
  podman run --rm --network none localhost/made:1 'ls /var/www | grep -x page && ! test -e /etc/group && stat -c %a /tmp/new | grep -x 4755 && stat -c %h /hard | grep -x 2 && test -p /pipe'
  run podman image inspect localhost/made:1
  [ "$(jq -r '.[0].Author' <<< "$output")" = me ]
  [ "$(jq -r '.[0].Labels.k' <<< "$output")" = v ]
  [ "$(jq -c '.[0].Config.Entrypoint' <<< "$output")" = '["/bin/sh","-c"]' ]
  [ "$(jq -r '.[0].Config.WorkingDir' <<< "$output")" = /tmp ]
  jq -e '.[0].Config.Env | index("A=1")' <<< "$output"
  jq -e '.[0].RootFS.Layers | length == 2' <<< "$output"
  skopeo copy -q containers-storage:localhost/made:1 "dir:$BATS_TEST_TMPDIR/out"
  podman save -q -o "$BATS_TEST_TMPDIR/made.tar" localhost/made:1
  run skiff commit -m text c made:2
  [ "$status" -eq 125 ]
  output_has docker
  skiff commit -f docker -m text c made:2
  [ "$(podman image inspect --format '{{.Comment}}' localhost/made:2)" = text ]
  skiff commit --squash c flat:1
  [ "$(podman image inspect localhost/flat:1 | jq '.[0].RootFS.Layers | length')" = 1 ]
  [ "$(podman run --rm --network none localhost/flat:1 'cat /hard; ls /var/www')" = $'new\npage' ]
  run skiff commit nosuch x
  [ "$status" -eq 125 ]
  skiff rm -f -t 0 c
  only_images
}

@test "a running container is paused while it is committed" {
  skiff run -d --name c --network none localhost/busybox:latest sh -c 'i=0; while true; do i=$((i+1)); echo $i >> /count; done'
  skiff commit c live:1
  skiff commit --pause=false c live:2
  skiff exec c true
  podman run --rm --network none localhost/live:1 grep -qx 1 /count
  skiff rm -f -t 0 c
  only_images
}

@test "export writes what podman import takes; diff tells what a container changed" {
  # No names that an image's id may begin with: that image would be taken.
  skiff run --name written --network none localhost/busybox:latest sh -c 'echo x > /added; echo y >> /etc/passwd; rm /etc/group; mkdir /d; echo z > /d/f'
  skiff export -o "$BATS_TEST_TMPDIR/c.tar" written
  skiff export written | cmp - "$BATS_TEST_TMPDIR/c.tar"
  tar -tf "$BATS_TEST_TMPDIR/c.tar" > "$BATS_TEST_TMPDIR/list"
  grep -x added "$BATS_TEST_TMPDIR/list"
  ! grep -x etc/group "$BATS_TEST_TMPDIR/list" || false
  ! grep -F .wh. "$BATS_TEST_TMPDIR/list" || false
  podman import -q "$BATS_TEST_TMPDIR/c.tar" exported:1
  [ "$(podman run --rm --network none localhost/exported:1 cat /d/f)" = z ]
  [ "$(skiff diff written)" = "$(printf 'A /added\nA /d\nA /d/f\nC /etc\nD /etc/group\nC /etc/passwd')" ]
  [ "$(skiff diff --format json written | jq -c .)" = '{"changed":["/etc","/etc/passwd"],"added":["/added","/d","/d/f"],"deleted":["/etc/group"]}' ]
  podman run --name other --network none localhost/busybox:latest sh -c 'echo x > /added; echo y >> /etc/passwd; rm /etc/group; mkdir /d; echo z > /d/f'
  diff <(podman diff other | sort) <(skiff diff written | sort)
  podman rm other
  run skiff diff nosuch
  [ "$status" -eq 125 ]
  [ "$(skiff image diff localhost/app:1 | sort)" = "$(podman image diff localhost/app:1 | sort)" ]
  # One image against another: added, deleted, changed, and the folders of what changed.
  for images in "localhost/app:1 localhost/busybox:latest" "localhost/busybox:latest localhost/app:1" \
                "localhost/exported:1 localhost/busybox:latest"; do
    [ "$(skiff image diff $images | sort)" = "$(podman image diff $images | sort)" ] || { diff <(skiff image diff $images | sort) <(podman image diff $images | sort); return 1; }
  done
  [ -z "$(skiff image diff localhost/app:1 localhost/app:1)" ]
  [ "$(skiff diff localhost/app:1 localhost/busybox:latest)" = "$(skiff image diff localhost/app:1 localhost/busybox:latest)" ]
  [ -z "$(skiff image mount)" ]
  run skiff diff written localhost/app:1
  [ "$status" -eq 125 ]
  output_has "only images can be compared"
  skiff rm written
  only_images
}

@test "build hands over to buildah in the same store" {
  mkdir "$BATS_TEST_TMPDIR/ctx"
  cd "$BATS_TEST_TMPDIR/ctx"
  local limit=(--ulimit nofile=1024:1024 --ulimit nproc=1024:1024)  # podman 5 would raise them, which not every root may do
  printf 'FROM localhost/busybox\nARG V=none\nRUN ["/bin/sh","-c","echo built > /made"]\nENV V=$V\nCMD ["sh","-c","cat /made; echo $V"]\n' > Containerfile
  skiff build -q --network none "${limit[@]}" --build-arg V=given -t x .
  [ "$(skiff run --rm --network none x)" = $'built\ngiven' ]
  printf 'FROM localhost/busybox\nRUN ["/bin/false"]\n' > Containerfile
  run skiff build --network none "${limit[@]}" -t y .
  [ "$status" -ne 0 ]
  run env PATH=/nowhere "$(command -v skiff)" build .
  [ "$status" -eq 125 ]
  output_has "apt-get install buildah"
  only_images
}

@test "a manifest list of podman: shown, not taken for an image, removed" {
  podman manifest create list > /dev/null
  podman manifest add list "oci-archive:$SKIFF_TEST_IMAGES/app.tar" > /dev/null
  [ "$(skiff manifest inspect localhost/list:latest | jq -S .manifests)" = "$(podman manifest inspect localhost/list:latest | jq -S .manifests)" ]
  for command in "push localhost/list:latest 127.0.0.1:1/x" "run --rm localhost/list:latest" "image inspect localhost/list:latest"; do
    run skiff $command
    [ "$status" -ne 0 ]
    output_has "is a manifest list of podman or buildah"
  done
  skiff images | grep -q localhost/list
  skiff rmi localhost/list:latest
  ! podman images | grep -q localhost/list || false
}

@test "tag, untag, exists" {
  skiff tag localhost/app:1 one two:2 quay.io/x/y:3
  for name in localhost/one:latest localhost/two:2 quay.io/x/y:3; do podman image exists "$name"; skiff image exists "$name"; done
  skiff untag localhost/app:1 two:2
  ! podman image exists localhost/two:2 || false
  run skiff untag localhost/app:1 nosuch:9
  [ "$status" -eq 125 ]
  output_has "tag not known"
  run skiff image exists nosuch
  [ "$status" -eq 1 ]
  run skiff tag nosuch a
  [ "$status" -eq 125 ]
  id=$(app_id)
  skiff untag one
  [ "$(podman image inspect --format '{{len .RepoTags}}' "$id")" = 0 ]
  skiff tag "$id" localhost/app:1
}

@test "rmi: output and exit codes are podman's" {
  skiff tag localhost/busybox:latest b2 b3
  id=$(podman image inspect --format '{{.Id}}' localhost/busybox:latest)
  run skiff rmi "$id"
  [ "$status" -eq 125 ]
  output_has "with more than one tag"
  [ "$(skiff rmi b2)" = "Untagged: localhost/b2:latest" ]
  run skiff rmi nosuch b3
  [ "$status" -eq 1 ]
  output_has "Untagged: localhost/b3:latest"
  skiff rmi -i nosuch
  skiff rmi -f nosuch
  skiff create --name user --network none localhost/busybox:latest true
  run skiff rmi localhost/busybox:latest nosuch
  [ "$status" -eq 2 ]
  run podman rmi localhost/busybox:latest
  [ "$status" -ne 0 ]
  # With another name left, one may go.
  skiff tag localhost/busybox:latest b4
  [ "$(skiff rmi -f b4)" = "Untagged: localhost/b4:latest" ]
  skiff container exists user
  run skiff rmi -f localhost/busybox:latest
  [ "$status" -eq 0 ]
  output_has "Deleted: $id"
  run skiff container exists user
  [ "$status" -eq 1 ]
  run skiff rmi
  [ "$status" -eq 125 ]
  skiff load -i "$SKIFF_TEST_IMAGES/busybox.tar"
  podman create --name theirs localhost/busybox:latest true
  run skiff rmi localhost/busybox:latest
  [ "$status" -eq 2 ]
  output_has theirs
  podman rm theirs
}

@test "what a build left without name: lists, prune, rmi with parents" {
  mkdir -p "$BATS_TEST_TMPDIR/ctx"
  cd "$BATS_TEST_TMPDIR/ctx"
  printf 'FROM localhost/busybox\nENV A=1\nLABEL l=v\nENV B=2\n' > Containerfile
  podman build -q --layers -t stack . > /dev/null
  for flags in "" -a "--filter dangling=true" "--filter dangling=false" "-a --filter intermediate=true" "--filter label=l" "--filter label=l=x" \
      "--filter before=stack" "--filter since=app:1" "--filter until=1h" "--filter reference=*a*" "--filter reference=localhost/app:1" \
      "--filter readonly=true" "--sort size" "--sort repository" "--no-trunc" "--digests" "-n" "-q" "-a -q --no-trunc" "app" "localhost/app:1" "nosuch"; do
    diff <(skiff images $flags | sed 's/Less than a second ago/1 s/; s/ seconds\? ago/ s/' | sed -E 's/ +[0-9]+ s/ s/; s/ +/ /g' | sort) \
      <(podman images $flags | sed 's/Less than a second ago/1 s/; s/ seconds\? ago/ s/' | sed -E 's/ +[0-9]+ s/ s/; s/ +/ /g' | sort) || { echo "flags: $flags"; return 1; }
  done
  # podman 4.3 leaves RepoTags out, later ones do not.
  diff <(skiff images --format json | jq -S 'map(del(.RepoTags)) | sort_by(.Id)') <(podman images --format json | jq -S 'map(del(.RepoTags)) | sort_by(.Id)')
  diff <(skiff images --format '{{.ID}} {{.CreatedAt}} {{.ParentId}} {{.VirtualSize}} {{.RepoTags}}' | sort) \
    <(podman images --format '{{.ID}} {{.CreatedAt}} {{.ParentId}} {{.VirtualSize}} {{.RepoTags}}' | sort)
  run skiff images --sort nosuch
  [ "$status" -eq 125 ]
  run skiff images --filter nosuch=1
  [ "$status" -eq 125 ]
  no_space() { sed -E 's/([0-9]) ([kMG]?B)/\1\2/; s/ +/ /g; s/ $//'; }
  # podman names any image of the same layers here; skiff the one that ends with the step. podman 5 writes "0B".
  steps() { "$1" history stack --format '{{.CreatedBy}}|{{.Size}}|{{.Comment}}' | no_space; }
  diff <(steps skiff) <(steps podman)
  [ "$(skiff history -q --no-trunc stack | head -1)" = "$(podman image inspect --format '{{.Id}}' stack)" ]
  diff <(skiff history --no-trunc --human=false localhost/app:1 | no_space) <(podman history --no-trunc --human=false localhost/app:1 | no_space)
  # podman 4.3 loses the tags, later ones do not.
  diff <(skiff history --format json localhost/app:1 | jq -S .) <(podman history --format json localhost/app:1 | jq -S 'map(del(.tags))')
  diff <(skiff history -q localhost/app:1) <(podman history -q localhost/app:1)
  diff <(skiff image tree localhost/app:1) <(podman image tree localhost/app:1)
  diff <(skiff image inspect localhost/app:1 stack | jq -S .) <(podman image inspect localhost/app:1 stack | jq -S .)
  run skiff rmi stack
  [ "$status" -eq 0 ]
  [ "$(grep -c '^Deleted: ' <<< "$output")" -ge 2 ]
  [ "$(skiff images -a -q | sort -u | wc -l)" = 2 ]
  podman build -q --layers -t stack . > /dev/null
  skiff untag stack
  [ "$(skiff images -q --filter dangling=true | wc -l)" = 1 ]
  skiff image prune -f --filter until=1h
  [ "$(skiff images -q --filter dangling=true | wc -l)" = 1 ]
  [ "$(skiff image prune -f | wc -l)" -ge 2 ]
  [ "$(skiff images -a -q | sort -u | wc -l)" = 2 ]
  echo n | skiff image prune -a
  run skiff image prune -a < /dev/null
  [ "$status" -eq 125 ]
  output_has "use --force not to be asked"
  skiff image exists localhost/app:1
  skiff create --network none localhost/busybox:latest true
  skiff image prune -af
  ! skiff image exists localhost/app:1 || false
  skiff image exists localhost/busybox:latest
  podman images > /dev/null
  skiff load -i "$SKIFF_TEST_IMAGES/app.tar"
}

@test "mounted images: counted together with podman" {
  path=$(skiff image mount localhost/app:1)
  [ -x "$path/bin/busybox" ]
  [ "$(cat "$path/layers/3")" = 3 ]
  ! touch "$path/x" 2> /dev/null || false
  [ "$(podman image mount localhost/app:1)" = "$path" ]
  [ "$(skiff image mount | awk '{print $1, $2}')" = "localhost/app:1 $path" ]
  [ "$(skiff image mount --format json | jq -r '.[0].mountpoint')" = "$path" ]
  run skiff rmi localhost/app:1
  [ "$status" -eq 2 ]
  podman image unmount localhost/app:1
  [ -x "$path/bin/busybox" ]
  [ "$(skiff image unmount localhost/app:1)" = "$(app_id)" ]
  [ ! -e "$path/bin" ]
  run skiff image unmount localhost/app:1
  [ "$status" -eq 125 ]
  path=$(podman image mount localhost/busybox:latest)
  [ "$(skiff image mount localhost/busybox:latest)" = "$path" ]
  skiff image unmount -a
  [ ! -e "$path/bin" ]
  [ "$(podman image mount)" = "" ]
}

@test "skiff and podman load, tag and remove in one store at the same time" {
  cd "$BATS_TEST_TMPDIR"
  try() {  # COMMAND...: another of them may just have removed the image
    "$@" > /dev/null 2> "$errors" || grep -q -e "not known" -e "not in the local store" -e "no longer" "$errors" || { cat "$errors"; return 1; }
  }
  work() {  # PROGRAM ERROR-FILE
    local i errors=$2
    for i in 1 2 3 4 5 6; do
      "$1" load -i "$SKIFF_TEST_IMAGES/app.tar" > /dev/null || return 1
      try "$1" tag localhost/app:1 "localhost/$1-$i:1" || return 1
      try "$1" rmi "localhost/$1-$i:1" || return 1
    done
  }
  work skiff a.err & a=$!
  work podman b.err & b=$!
  work skiff c.err & c=$!
  wait $a
  wait $b
  wait $c
  podman images > /dev/null
  skiff load -i "$SKIFF_TEST_IMAGES/app.tar"
  [ "$(podman run --rm --network none localhost/app:1)" = "entry cmd" ]
  [ "$(skiff run --rm --network none localhost/app:1)" = "entry cmd" ]
}
