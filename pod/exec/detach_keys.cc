#include "pod/exec/detach_keys.h"

namespace skiff::pod {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<DetachKeys> DetachKeys::Parse(std::string_view text) {
  DetachKeys keys;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(',', 1), text.size());
    std::string_view key = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (key.size() == 1) {
      keys.sequence_ += key;
      continue;
    }
    constexpr std::string_view kControl = "ctrl-";
    const char c = key.size() == kControl.size() + 1 && key.starts_with(kControl) ? key.back() : '\0';
    if ((c < 'a' || c > 'z') && (c < '@' || c > '_' || (c >= 'A' && c <= 'Z'))) {
      return MakeError(ErrorCode::kInvalid, "detach key \"{}\": a character, or ctrl- and one of a-z @ [ \\ ] ^ _", key);
    }
    keys.sequence_ += static_cast<char>(c & 0x1f);
  }
  return keys;
}

DetachKeys::Passed DetachKeys::Feed(std::string_view typed) {
  Passed passed;
  if (sequence_.empty()) return {std::string(typed), false};
  for (const char c : typed) {
    if (c != sequence_[matched_]) {
      // The sequence is broken: what was kept back goes on, unless this key begins it anew.
      passed.input += sequence_.substr(0, matched_);
      matched_ = 0;
    }
    if (c != sequence_[matched_]) {
      passed.input += c;
    } else if (++matched_ == sequence_.size()) {
      matched_ = 0;
      passed.detach = true;
      return passed;
    }
  }
  return passed;
}

}  // namespace skiff::pod
