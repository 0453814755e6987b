# The everyday commands of Docker and podman.

load common

setup_file() {
  common_setup_file
  skiff image load -i "$SKIFF_TEST_IMAGES/app.tar" > /dev/null
}
teardown() { remove_all; skiff volume rm -a -f > /dev/null 2>&1 || true; }

BB=localhost/busybox:latest

@test "run: output, exit codes 125, 126, 127 and the container's own" {
  [ "$(skiff run --rm $BB echo hello)" = hello ]
  run skiff run --rm $BB sh -c 'exit 7'
  [ "$status" -eq 7 ]
  run skiff run --rm $BB /no/such
  [ "$status" -eq 127 ]
  run skiff run --rm $BB /etc
  [ "$status" -eq 126 ]
  run skiff run --no-such-flag $BB true
  [ "$status" -eq 125 ]
  run skiff run --rm -u nobodyknows $BB true
  [ "$status" -eq 126 ] && output_has 'no user "nobodyknows"'
  run skiff create -u nobodyknows $BB true
  [ "$status" -eq 125 ]
  skiff run -d --name holder -p 127.0.0.1:7060:80 $BB sleep 1000
  run skiff run --rm -p 127.0.0.1:7060:80 $BB true
  [ "$status" -eq 126 ] && output_has "7060/tcp is in use by"
  skiff rm -f -t 0 holder
  run skiff run --rm -w /missing $BB true
  [ "$status" -eq 126 ] && [ "${#lines[@]}" -eq 1 ]
  output_has 'no folder "/missing"'
  skiff create --name missing -w /missing $BB true
  run skiff start missing
  [ "$status" -eq 125 ] && output_has 'no folder "/missing"'
  skiff rm missing
  [ "$(skiff run --rm -w /mounted/below --tmpfs /mounted $BB pwd)" = /mounted/below ]
  [ "$(skiff run --rm $BB sh -c 'echo err >&2' 2>&1 > /dev/null)" = err ]
  [ "$(echo from stdin | skiff run --rm -i $BB cat)" = "from stdin" ]
  [ -z "$(skiff ps -aq)" ]
}

@test "run -d, logs, stop, start, rm" {
  id=$(skiff run -d --name one $BB sh -c 'echo out; trap "echo bye; exit 0" TERM; while true; do sleep 0.1; done')
  [[ $id =~ ^[0-9a-f]{64}$ ]]
  eventually 5 sh -c 'skiff logs one | grep -q out'
  run skiff rm one
  [ "$status" -ne 0 ]
  skiff stop one
  [ "$(skiff inspect --format '{{.State.ExitCode}}' one)" = 0 ]
  skiff logs one | grep -q bye
  skiff start one
  [ "$(skiff inspect --format '{{.State.Status}}' one)" = running ]
  skiff rm -f -t 0 one
  run skiff inspect one
  [ "$status" -ne 0 ]
  assert_nothing_left
}

@test "the flags of every day" {
  mkdir "$BATS_TEST_TMPDIR/host"
  echo F=file > "$BATS_TEST_TMPDIR/env"
  run skiff run --rm -e A=1 --env-file "$BATS_TEST_TMPDIR/env" -w /etc -u 1000:100 --hostname box -v "$BATS_TEST_TMPDIR/host:/h:ro" \
    --tmpfs /t:size=1m --cap-drop all --read-only --label x=y --memory 64m --cpus 0.5 --pids-limit 50 \
    $BB sh -c 'echo $A $F $PWD $(id -u):$(id -g) $(hostname); grep CapEff /proc/self/status; touch /h/x; touch /y; df /t | tail -1'
  output_has "1 file /etc 1000:100 box"
  output_has "0000000000000000"
  output_has "/h/x: Read-only file system"
  output_has "/y: Read-only file system"
  output_has tmpfs
  [ "$(skiff run --rm --entrypoint cat localhost/app:1 /etc/hostname | wc -l)" -eq 1 ]
  [ "$(skiff run --rm --init $BB cat /proc/1/comm)" != cat ]
  # podman's 11, not Kubernetes' 14; ping works without CAP_NET_RAW
  skiff run --rm $BB grep CapBnd /proc/self/status | grep -q 00000000800405fb
  skiff run --rm --cap-add net_raw $BB grep CapBnd /proc/self/status | grep -q 00000000800425fb
  [ "$(skiff run --rm $BB cat /proc/sys/net/ipv4/ping_group_range)" = "$(printf '0\t0')" ]
}

@test "ports and networks of run" {
  skiff run -d --name web -p 127.0.0.1:8088:80 $BB sh -c 'mkdir /w; echo page > /w/index.html; exec httpd -f -p 80 -h /w'
  eventually 5 wget -q -T 2 -t 1 -O /dev/null http://127.0.0.1:8088/
  skiff port web | grep -q '80/tcp -> 127.0.0.1:8088'
  [ "$(skiff run --rm --network none $BB ls /sys/class/net)" = lo ]
  [ "$(skiff run --rm --network host $BB readlink /proc/self/ns/net)" = "$(readlink /proc/self/ns/net)" ]
  [ "$(skiff run --rm --network container:web $BB wget -q -O - http://127.0.0.1/)" = page ]
}

@test "named volumes outlive containers" {
  skiff run --rm -v data:/d $BB sh -c 'echo kept > /d/f'
  [ "$(skiff run --rm -v data:/d $BB cat /d/f)" = kept ]
  skiff volume ls -q | grep -qx data
}

@test "anonymous volumes go with their container, also after a removal that was killed" {
  skiff volume rm -f data
  skiff run -d --name anonymous -v /d $BB sleep 1000
  [ "$(skiff volume ls -q | wc -l)" -eq 1 ]
  skiff rm -f -t 0 anonymous
  [ -z "$(skiff volume ls -q)" ]
  [ -z "$(ls /var/lib/skiff/volumes)" ]
  # What is left when the records have gone and the folder not yet; a folder of another name is none of ours.
  mkdir -p "/var/lib/skiff/volumes/$(printf 'a%.0s' {1..64})/_data" /var/lib/skiff/volumes/other/_data
  skiff run --rm $BB true
  [ "$(ls /var/lib/skiff/volumes)" = other ]
}

@test "anonymous volumes of a container in a shared pod go with it, those that a sibling uses and named ones stay" {
  skiff pod create --name shared
  skiff run -d --pod shared --name own -v /d -v kept:/k $BB sleep 1000
  skiff run -d --pod shared --name other -v /d $BB sleep 1000
  [ "$(skiff volume ls -q | wc -l)" -eq 3 ]
  folders=$(ls /var/lib/skiff/volumes | wc -l)
  skiff rm -f -t 0 -v own
  [ "$(skiff volume ls -q | wc -l)" -eq 2 ]
  [ "$(ls /var/lib/skiff/volumes | wc -l)" -eq $((folders - 1)) ]
  skiff run --rm --pod shared -v /d $BB true
  [ "$(skiff volume ls -q | wc -l)" -eq 2 ]
  skiff exec other touch /d/still-there
  skiff pod stop -t 0 shared
  skiff pod start shared
  skiff exec other ls /d/still-there
  skiff pod rm -f -t 0 shared
  [ "$(skiff volume ls -q)" = kept ]
  skiff volume rm kept
}

@test "run --pod: a new pod publishes the ports, one that is there refuses them" {
  skiff run -d --pod new:ports --name p1 -p 127.0.0.1:7050:80 $BB sleep 1000
  [ "$(skiff port p1)" = "80/tcp -> 127.0.0.1:7050" ]
  run skiff run -d --pod ports --name p2 -p 7051:81 $BB sleep 1000
  [ "$status" -eq 125 ] && output_has "--publish belongs to the pod"
  [ "$(skiff ps -aq | wc -l)" -eq 1 ]
}

@test "--memory 0 and --cpus 0 mean no limit" {
  [ "$(skiff run --rm --memory 0 --cpus 0 $BB echo runs)" = runs ]
}

@test "exec: streams, exit codes, user, environment, folder" {
  skiff run -d --name e -e INNER=1 $BB sleep 1000
  [ "$(skiff exec e sh -c 'echo $INNER; echo err >&2' 2> /dev/null)" = 1 ]
  run skiff exec e sh -c 'exit 9'
  [ "$status" -eq 9 ]
  run skiff exec e nosuch
  [ "$status" -eq 127 ] && [ "$output" = 'Error: the command "nosuch" does not exist in the container' ]
  run skiff exec e /etc/passwd
  [ "$status" -eq 126 ] && [ "${#lines[@]}" -eq 1 ] && output_has '"/etc/passwd" cannot be executed'
  run skiff exec e /no/such
  [ "$status" -eq 127 ]
  [ "$(skiff exec -u 1000 -w /tmp -e B=2 e sh -c 'echo $(id -u) $PWD $B')" = "1000 /tmp 2" ]
  [ "$(echo in | skiff exec -i e cat)" = in ]
  [ "$(script -qec 'skiff exec -it e tty' /dev/null | tr -d '\r')" = /dev/pts/0 ] || script -qec 'skiff exec -it e tty' /dev/null | grep -q /dev/pts
  run skiff exec absent true
  [ "$status" -eq 125 ]
  run skiff exec -w /no/such/folder e pwd
  [ "$status" -eq 127 ] && [ "$output" = 'Error: the container has no folder "/no/such/folder" to start the command in' ]
  run skiff exec -u nobodyknows e pwd
  [ "$status" -eq 255 ] && output_has 'no user "nobodyknows"'
  run skiff exec e
  [ "$status" -eq 255 ] && output_has "must provide a non-empty command"
  run script -qec 'skiff exec -it e sh -c "exit 7"' /dev/null
  [ "$status" -eq 7 ]
}

@test "another runtime: a container keeps the one it was started with" {
  skiff --runtime runc run -d --name r $BB sleep 1000
  [ "$(skiff exec r echo inside)" = inside ]
  run script -qec 'skiff exec -it r sh -c "tty; exit 7"' /dev/null
  [ "$status" -eq 7 ]
  output_has /dev/pts/
  skiff restart -t 0 r
  [ "$(skiff exec r echo again)" = again ]
}

@test "a terminal: run -it" {
  run script -qec "skiff run --rm -it $BB sh -c 'test -t 0 && test -t 1 && echo is-a-terminal'" /dev/null
  output_has is-a-terminal
}

@test "pods: create, run --pod, ps --pod, stop, start, rm" {
  skiff pod create --name p -p 8089:80
  skiff run -d --pod p --name web $BB sh -c 'mkdir /w; echo inpod > /w/index.html; exec httpd -f -p 80 -h /w'
  skiff run -d --pod p --name side $BB sleep 1000
  eventually 5 wget -q -T 2 -t 1 -O /dev/null http://127.0.0.1:8089/
  [ "$(skiff exec side wget -q -O - http://127.0.0.1/)" = inpod ]
  run skiff ps --pod --format '{{.Names}} {{.PodName}}'
  output_has "web p"
  run skiff pod ps --format '{{.Name}} {{.Status}}'
  output_has "p Running"
  skiff pod stop -t 1 p
  [ -z "$(skiff ps -q)" ]
  skiff pod start p
  [ "$(skiff ps -q | wc -l)" -eq 2 ]
  run skiff pod ps --ctr-names --ctr-ids --ctr-status --noheading
  output_has "-infra,web,side"
  output_has "$(skiff ps -q --filter name=web)"
  output_has running,running,running
  skiff pod rm -f -t 0 p
  assert_nothing_left
}

@test "ps formats and filters" {
  skiff run -d --name f1 --label a=b $BB sleep 1000
  skiff create --name f2 $BB true
  [ "$(skiff ps --format json | jq -r '.[0].Names[0]')" = f1 ]
  [ "$(skiff ps -a --filter status=created --format '{{.Names}}')" = f2 ]
  [ "$(skiff ps --filter label=a=b --format '{{.Image}}')" = $BB ]
  [ "$(skiff ps -aq | wc -l)" -eq 2 ]
}

@test "restart policies of run" {
  skiff run -d --name r --restart on-failure:2 $BB sh -c 'exit 4'
  eventually 20 sh -c '[ "$(skiff inspect --format "{{.State.Status}} {{.RestartCount}}" r)" = "exited 2" ]'
}

@test "logs: tail, timestamps, follow" {
  skiff run -d --name l $BB sh -c 'for i in 1 2 3; do echo line$i; done; until [ -e /go ]; do sleep 0.1; done; echo last'
  eventually 5 sh -c '[ "$(skiff logs l | wc -l)" -ge 3 ]'
  [ "$(skiff logs --tail 1 l)" = line3 ]
  skiff logs -t l | head -1 | grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T.* line1$'
  timeout 100 skiff logs -f l > "$BATS_TEST_TMPDIR/followed" 3>&- &
  eventually 5 grep -q line3 "$BATS_TEST_TMPDIR/followed"
  skiff exec l touch /go
  wait $!
  [ "$(tail -1 "$BATS_TEST_TMPDIR/followed")" = last ]
}

@test "logs: a line is seen before its end, and whole after it" {
  skiff run -d --name prompt $BB sh -c 'echo begin; printf "name? "; until [ -e /go ]; do sleep 0.1; done
    for i in 1 2 3 4 5 6 7 8 9; do printf $i; done; echo; echo next; printf end; until [ -e /gone ]; do sleep 0.1; done'
  eventually 5 sh -c '[ "$(skiff logs prompt | tail -1)" = "name? " ]'
  [ "$(skiff logs --tail 1 prompt)" = "name? " ]
  # What is in the log as a part must not come again when the next supervisor goes on.
  kill -9 "$(jq .supervisorPid /run/skiff/pods/*/status.json)"
  skiff exec prompt touch /go
  eventually 5 sh -c '[ "$(skiff logs prompt | tail -1)" = end ]'
  [ "$(skiff logs prompt)" = "$(printf 'begin\nname? 123456789\nnext\nend')" ]
  [ "$(skiff logs --tail 2 prompt)" = "$(printf 'next\nend')" ]
  # No record for each letter.
  [ "$(cat "$(skiff inspect --format '{{.HostConfig.LogConfig.Path}}' prompt)/0.log" | wc -l)" -le 6 ]
  skiff exec prompt touch /gone
  skiff wait prompt
  [ "$(skiff logs prompt | tail -1)" = end ]
  # To the byte, as podman and kubectl: where there was no newline there is none, but before what follows.
  skiff logs prompt | cmp - <(printf 'begin\nname? 123456789\nnext\nend')
  skiff logs --tail 1 prompt prompt | cmp - <(printf 'prompt end\nprompt end')
}

@test "info, version, help and completion" {
  skiff version | grep -q skiff || skiff version | grep -qi version
  skiff info --format json | jq -e . > /dev/null || skiff info | grep -qi store
  skiff --help | grep -q kube
  skiff completion bash | grep -q complete
  run skiff kube pley x.yaml
  [ "$status" -eq 125 ]
  output_has play
}
