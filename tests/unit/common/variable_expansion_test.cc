#include "common/variable_expansion.h"

#include <gtest/gtest.h>

#include <map>

namespace skiff::common {
namespace {

std::string Expand(std::string_view text) {
  static const std::map<std::string, std::string, std::less<>> kVariables = {
      {"A", "1"}, {"B", "2"}, {"E", ""}, {"N", "$(A)"}};
  return ExpandVariables(text, [](std::string_view name) -> std::optional<std::string> {
    const auto found = kVariables.find(name);
    if (found == kVariables.end()) return std::nullopt;
    return found->second;
  });
}

// The vectors of kube-semantics.md 15.
TEST(VariableExpansion, FollowsKubernetes) {
  const std::pair<const char*, const char*> vectors[] = {
      {"$(A)$(B)", "12"},     {"$$(A)", "$(A)"},      {"$$$(A)", "$1"}, {"$$$$(A)", "$$(A)"},
      {"$(NOPE)", "$(NOPE)"}, {"$(A", "$(A"},         {"x$(E)y", "xy"}, {"$(N)", "$(A)"},
      {"$A", "$A"},           {"${A}", "${A}"},       {"a$", "a$"},     {"$()", "$()"},
      {"$((A))", "$((A))"},   {"$(A )", "$(A )"},     {"$$", "$"},      {"", ""},
      {"$(A)$(", "1$("},      {"plain", "plain"}};
  for (const auto& [input, output] : vectors) EXPECT_EQ(Expand(input), output) << input;
}

}  // namespace
}  // namespace skiff::common
