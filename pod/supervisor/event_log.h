// STATE_DIR/events.jsonl: what happened to a pod, in the kubelet's words. One JSON object per line, appended by the pod's
// supervisor and by commands. An event that repeats an earlier one is one more line with a higher count; readers merge
// them. Above kEventLogLimit the file is rewritten with the newest merged events (rename: who follows it opens it anew).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json_fields.h"
#include "common/result.h"

namespace skiff::supervisor {

inline constexpr char kEventsFile[] = "events.jsonl";  // in the state directory
inline constexpr size_t kEventLogLimit = 64 * 1024;
inline constexpr size_t kEventsKept = 100;  // of a rewritten file

struct Event {
  std::string time;        // RFC 3339 with nanoseconds: of the last occurrence
  std::string first_time;  // of the first one
  std::string type = "Normal";  // Normal, Warning
  std::string reason;      // Created, Started, Killing, BackOff, Unhealthy, ...
  std::string message;
  std::string object;      // the container's name, empty: the pod
  int count = 1;

  bool Repeats(const Event& earlier) const {
    return type == earlier.type && reason == earlier.reason && message == earlier.message && object == earlier.object;
  }
};

template <typename V>
void VisitFields(V& v, Event& e) {
  v("time", e.time);
  v("firstTime", e.first_time);
  v("type", e.type);
  v("reason", e.reason);
  v("message", e.message);
  v("object", e.object);
  v("count", e.count);
}

class EventLog {
 public:
  explicit EventLog(const std::string& state_dir) : path_(state_dir + "/" + kEventsFile) {}

  // `event.time` empty: now. Sets count and first_time from the log. Safe with several writers.
  common::Result<> Append(Event event) const;
  // Merged, in the order of their last occurrence; nothing has happened yet: empty. A torn last line is left out.
  common::Result<std::vector<Event>> Read() const;

 private:
  std::string path_;
};

// The events of a log's text, merged as Read does.
std::vector<Event> MergeEvents(std::string_view text);

}  // namespace skiff::supervisor
