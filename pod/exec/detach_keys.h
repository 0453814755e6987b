// The key sequence that leaves an attached container running ("ctrl-p,ctrl-q").
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace skiff::pod {

class DetachKeys {
 public:
  // Keys separated by commas: one character, or "ctrl-" and one of a-z @ [ \ ] ^ _. Empty: no detaching.
  static common::Result<DetachKeys> Parse(std::string_view text);

  struct Passed {
    std::string input;  // to forward; keys of an unfinished sequence are kept back
    bool detach = false;
  };
  Passed Feed(std::string_view typed);

 private:
  std::string sequence_;
  size_t matched_ = 0;
};

}  // namespace skiff::pod
