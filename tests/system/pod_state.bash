# What a pod's supervisor says of it (pod/supervisor/status.h, event_log.h).

pod_file() {  # POD FILE: in the run directory, else in the state directory
  local id
  id=$(skiff pod inspect -f '{{.Id}}' "$1") || return 1
  if [[ -e /run/skiff/pods/$id/$2 ]]; then echo "/run/skiff/pods/$id/$2"; else echo "/var/lib/skiff/pods/$id/$2"; fi
}

status() {  # POD FILTER: also of a pod that has ended
  local file
  file=$(pod_file "$1" status.json)
  [[ -e $file ]] || file=$(pod_file "$1" final.json)
  jq -r "$2" "$file"
}

of() {  # CONTAINER FIELD: a filter for status
  echo ".containers[] | select(.name == \"$1\") | .$2"
}

status_is() {  # POD FILTER VALUE
  [[ $(status "$1" "$2") == "$3" ]]
}

status_has() {  # POD FILTER TEXT
  [[ $(status "$1" "$2") == *"$3"* ]]
}

events() {  # POD REASON: the messages
  jq -r --arg r "$2" 'select(.reason == $r) | .message' "$(pod_file "$1" events.jsonl)"
}

has_event() {  # POD REASON TEXT
  [[ $(events "$1" "$2") == *"$3"* ]]
}

ready() { status_is "$1" .ready true; }
unready() { status_is "$1" .ready false; }
restarted() { (($(status "$1" "$(of "$2" restartCount)") >= ${3:-1})); }

pod_address() { jq -r .address "$(pod_file "$1" plan.json)"; }

# The probe server of an image without a shell: its status can be switched from outside.
set_status() {  # POD CODE
  wget -q -T 5 -t 1 -O /dev/null "http://$(pod_address "$1"):8080/set?$2"
}
