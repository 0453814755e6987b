#include "runtime/runtime_log.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "common/json.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](auto word) { return text.find(word) != std::string_view::npos; });
}

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](auto word) { return text.starts_with(word); });
}

}  // namespace

std::string LastLogError(std::string_view log) {
  std::string last;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    if (line.empty()) continue;
    const auto entry = common::ParseJson(line, "log");
    if (!entry || !entry->IsObject()) {
      last = line;
      continue;
    }
    const auto level = common::GetString(*entry, "level", "error");
    if (level == "error" || level == "fatal") last = common::GetString(*entry, "msg");
  }
  return last;
}

std::string_view StripRuncLayers(std::string_view message) {
  constexpr std::array<std::string_view, 5> kLayers = {
      "runc run failed: ", "runc create failed: ", "unable to start container process: ",
      "error during container init: ", "exec failed: "};
  for (const auto layer : kLayers)
    if (message.starts_with(layer)) message.remove_prefix(layer.size());
  return message;
}

// The texts are those of crun 1.8 to 1.21 and runc 1.1: `executable file "X" not found in $PATH: ...`, `open
// executable:
// ...`, `exec container process ...: ...` and `exec: "X": ...`. Anything else (a missing mount source, a
// missing namespace file) may carry the same errno texts and is not about the command.
ErrorCode ClassifyRuntimeError(std::string_view message) {
  message = StripRuncLayers(message);
  if (!StartsWithAny(message, {"executable file", "open executable", "exec container process",
                               "exec: ", "exec ", "cannot find executable", "the path `"}))
    return ErrorCode::kInternal;
  if (ContainsAny(message, {"ermission denied", "not permitted", "s a directory", "xec format error",
                            "ext file busy"}))
    return ErrorCode::kCommandNotExecutable;
  if (ContainsAny(message, {"not found", "o such file or directory", "cannot find"}))
    return ErrorCode::kCommandNotFound;
  return ErrorCode::kInternal;
}

}  // namespace skiff::runtime
