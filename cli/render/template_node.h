// The parts of a parsed template; shared by the parser and the evaluator.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/render/template.h"

namespace skiff::cli {

// One operand of a call: a path from the current value (or, with `from_root`, from "$"), a literal, or a call
// in parentheses.
struct TemplateTerm {
  enum class Kind { kPath, kText, kNumber, kCall };
  Kind kind = Kind::kPath;
  bool from_root = false;
  std::vector<std::string> path;
  std::string text;
  int64_t number = 0;
  std::vector<std::vector<TemplateTerm>> pipeline;  // kCall
  bool function = false;                            // kPath with one bare word: a function's name
};

using TemplatePipeline = std::vector<std::vector<TemplateTerm>>;  // stages of words

struct Template::Node {
  enum class Kind { kText, kValue, kIf, kRange, kWith, kList };
  Kind kind = Kind::kList;
  std::string text;
  TemplatePipeline pipeline;
  std::vector<std::unique_ptr<Node>> body;
  std::vector<std::unique_ptr<Node>> otherwise;
};

}  // namespace skiff::cli
