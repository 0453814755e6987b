#include "cli/confirm.h"

#include <iostream>
#include <string>

#include "cli/context.h"

namespace skiff::cli {

common::Result<bool> Confirm(std::string_view warning) {
  PrintLine(warning);
  Print("Are you sure you want to continue? [y/N] ");
  FlushOutput();
  std::string answer;
  // As with podman a line counts only once it is complete.
  if (!std::getline(std::cin, answer) || std::cin.eof()) {
    return MakeError(common::ErrorCode::kInvalid,
                     "standard input ends without an answer: nothing is removed; use --force not to be asked");
  }
  return answer.starts_with('y') || answer.starts_with('Y');
}

}  // namespace skiff::cli
