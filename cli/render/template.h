// The subset of Go's text/template that --format uses, over JSON values: {{.A.B}}, {{json .A}}, pipes, index,
// join, len, upper, lower, eq, ne, not, and if/else/range/with/end. Member names match as Go's fields do or,
// failing that, in any case.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/json.h"
#include "common/result.h"

namespace skiff::cli {

class Template {
 public:
  // kInvalid names what is wrong. Backslash-t and -n in the text stand for tab and newline, as in podman.
  static common::Result<Template> Parse(std::string_view text);
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // kInvalid: a field that the data does not have.
  common::Result<std::string> Execute(const common::JsonValue& data) const;

  struct Node;

 private:
  explicit Template(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

// A value as Go's fmt prints it: "text", 5, [a b], map[k:v], <nil>.
std::string GoText(const common::JsonValue& value);

}  // namespace skiff::cli
