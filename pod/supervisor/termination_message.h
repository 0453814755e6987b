// What a container leaves behind as its last word (terminationMessagePath, terminationMessagePolicy).
#pragma once

#include <string>
#include <string_view>

#include "pod/supervisor/plan.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {

// Of the run that has just ended: the end of its message file; for a failed run with message_from_log and an empty file, the
// end of its log. Kubernetes' limits: 4096 bytes (less in a pod of many containers), of a log 80 lines and 2048 bytes.
std::string TerminationMessage(const ContainerPlan& plan, size_t containers_in_pod, const ContainerStatus& status);

// The last `lines` lines of a CRI log's text, at most `bytes` bytes; both streams, without times and tags.
std::string LogTail(std::string_view cri_text, size_t lines, size_t bytes);

}  // namespace skiff::supervisor
