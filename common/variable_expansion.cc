#include "common/variable_expansion.h"

namespace skiff::common {

std::string ExpandVariables(std::string_view text, const VariableLookup& lookup) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const size_t end = text[i + 1] == '(' ? text.find(')', i + 2) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += '$';
      continue;
    }
    const std::string_view name = text.substr(i + 2, end - i - 2);
    if (const auto value = lookup(name)) out += *value;
    else out += text.substr(i, end - i + 1);
    i = end;
  }
  return out;
}

}  // namespace skiff::common
