// $(NAME) in command, args, env values and subPathExpr, as Kubernetes expands it (kube-semantics.md 5.2).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace skiff::common {

// The value of a variable; nullopt: unknown, the reference stays as written.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

// One pass: what comes out of a variable is not expanded again. "$$" gives "$", an unterminated "$(" stays.
std::string ExpandVariables(std::string_view text, const VariableLookup& lookup);

}  // namespace skiff::common
