// RUN_DIR/events.jsonl: what happened to what has no record of its own any more, or never had one (removed pods and containers,
// images, volumes), one JSON object per line, for `skiff events`, and for `skiff kube events` what Kubernetes calls the events of
// removed pods. What happened to pods that there are is in their records
// and statuses. Gone after a reboot, as podman's. At kJournalLimit the file becomes events.jsonl.1, in place of the one before.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/json_fields.h"
#include "common/result.h"
#include "common/system_paths.h"
#include "common/unique_fd.h"
#include "pod/supervisor/event_log.h"

namespace skiff::pod {

inline constexpr char kJournalFile[] = "events.jsonl";  // in the run directory
inline constexpr size_t kJournalLimit = 1 << 20;        // bytes

// In Kubernetes' words, of a pod that is gone.
struct KubeEvent {
  std::string kube_namespace;
  std::string uid;
  supervisor::Event event;
};

inline constexpr char kKubeEventType[] = "kube";

// In podman's words, unless its type is kKubeEventType.
struct EngineEvent {
  std::string time;    // RFC 3339 with nanoseconds, UTC
  std::string type;    // container, pod, image, volume
  std::string status;  // create, start, died, stop, remove; images: pull, push, tag, untag, loadfromarchive, import, save
  std::string id;
  std::string name;
  std::string image;    // of a container: its image's name
  std::string pod_id;   // of a container in a pod that has a name
  std::string details;  // "containerExitCode=N"
  std::map<std::string, std::string> labels;
  std::optional<KubeEvent> kube = {};  // of kKubeEventType, whose name is the pod's
};

template <typename V>
void VisitFields(V& v, KubeEvent& e) {
  v("namespace", e.kube_namespace);
  v("uid", e.uid);
  v("event", e.event);
}

template <typename V>
void VisitFields(V& v, EngineEvent& e) {
  v("time", e.time);
  v("type", e.type);
  v("status", e.status);
  v("id", e.id);
  v("name", e.name);
  v("image", e.image);
  v("podID", e.pod_id);
  v("details", e.details);
  v("labels", e.labels);
  v("kube", e.kube);
}

// An event without a time is of now. Several writers may append at once.
common::Result<> AppendToJournal(const common::SystemPaths& paths, std::vector<EngineEvent> events);

// Reads on where it stopped, also when the file has been replaced meanwhile.
class JournalReader {
 public:
  explicit JournalReader(const common::SystemPaths& paths) : path_(paths.run_dir + "/" + kJournalFile) {}

  // What was written since the last call; at first all that there is. A line that cannot be read is left out.
  common::Result<std::vector<EngineEvent>> Next();

 private:
  common::Result<> Open();
  common::Result<bool> WasReplaced() const;
  common::Result<> ReadLines(std::vector<EngineEvent>& events);

  std::string path_;
  common::UniqueFd file_;
  std::string rest_;  // of a line that is just being written
};

}  // namespace skiff::pod
