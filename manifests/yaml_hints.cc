#include "manifests/yaml_hints.h"

#include <algorithm>
#include <vector>

namespace skiff::manifests {

namespace {

std::vector<std::string_view> FirstLines(std::string_view text, int count) {
  std::vector<std::string_view> lines;
  while (static_cast<int>(lines.size()) < count && !text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

size_t Indentation(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

bool HasKey(std::string_view line) {
  const size_t last = line.find_last_not_of(" \r");
  return line.find(": ") != line.npos || (last != line.npos && line[last] == ':');
}

}  // namespace

QuotedScalar FindClosingQuote(std::string_view text, size_t open) {
  QuotedScalar result;
  if (open >= text.size() || (text[open] != '"' && text[open] != '\'')) return result;
  result.quoted = true;
  const char quote = text[open];
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) {
        result.close = i;
        return result;
      }
      ++i;
    }
  }
  return result;
}

std::optional<kube::Mark> TabInIndentation(std::string_view text, int line) {
  const auto lines = FirstLines(text, line);
  if (line < 1 || static_cast<int>(lines.size()) < line) return std::nullopt;
  const size_t first = lines[line - 1].find_first_not_of(' ');
  if (first == std::string_view::npos || lines[line - 1][first] != '\t') return std::nullopt;
  return kube::Mark{line, static_cast<int>(first) + 1};
}

std::optional<kube::Mark> LineWithoutColon(std::string_view text, int line) {
  const auto lines = FirstLines(text, line);
  if (line < 2 || static_cast<int>(lines.size()) < line) return std::nullopt;
  const size_t limit = Indentation(lines[line - 1]);
  for (int i = line - 2; i >= 0; --i) {
    const size_t indentation = Indentation(lines[i]);
    if (indentation == lines[i].size() || lines[i][indentation] == '#' || lines[i][indentation] == '\r') continue;
    const bool plain_word = std::string_view("-[]{}\"'|>&*!").find(lines[i][indentation]) == std::string_view::npos;
    if (indentation > limit || !plain_word || HasKey(lines[i])) return std::nullopt;
    return kube::Mark{i + 1, static_cast<int>(indentation) + 1};
  }
  return std::nullopt;
}

}  // namespace skiff::manifests
