#include "kube/model/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace skiff::kube {

std::string SourceLine(std::string_view text, int number) {
  constexpr size_t kLongestShown = 200;
  size_t start = 0;
  for (int line = 1; line < number && start != text.npos; ++line) {
    start = text.find('\n', start);
    if (start != text.npos) ++start;
  }
  if (number < 1 || start == text.npos) return {};
  std::string_view line = text.substr(start, text.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.size() > kLongestShown ? std::string() : std::string(line);
}

bool HasPlace(const common::Error& error) { return error.position() && error.position()->line > 0; }

std::vector<Diagnostic> LocateErrors(const std::vector<common::Error>& errors, const std::vector<Object>& objects) {
  std::vector<std::pair<size_t, Diagnostic>> located;  // with the first object of their file
  for (const common::Error& error : errors) {
    if (!HasPlace(error)) continue;
    Diagnostic diagnostic{.position = *error.position(), .message = error.message(), .source_line = {}};
    const auto object = std::ranges::find(objects, diagnostic.position.file, [](const Object& o) { return o.position.file; });
    if (object != objects.end() && object->text) diagnostic.source_line = SourceLine(*object->text, diagnostic.position.line);
    located.emplace_back(object - objects.begin(), std::move(diagnostic));
  }
  std::ranges::stable_sort(located, {}, [](const auto& item) {
    return std::tuple(item.first, item.second.position.line, item.second.position.column);
  });
  std::vector<Diagnostic> diagnostics;
  for (auto& [object, diagnostic] : located) diagnostics.push_back(std::move(diagnostic));
  return diagnostics;
}

bool HasErrors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::string RenderDiagnostic(const Diagnostic& diagnostic, bool color) {
  constexpr std::string_view kBold = "\x1b[1m", kRed = "\x1b[1;31m", kMagenta = "\x1b[1;35m",
                             kGreen = "\x1b[1;32m", kReset = "\x1b[0m";
  const auto paint = [&](std::string_view code, std::string_view text) {
    return color ? fmt::format("{}{}{}", code, text, kReset) : std::string(text);
  };
  const common::SourcePosition& at = diagnostic.position;
  std::string place = at.file.empty() ? "" : at.file + ":";
  if (at.line > 0) place += fmt::format("{}:{}:", at.line, at.column);
  const bool error = diagnostic.severity == Severity::kError;
  std::string out = place.empty() ? "" : paint(kBold, place) + " ";
  out += paint(error ? kRed : kMagenta, error ? "error:" : "warning:");
  out += " " + diagnostic.message + "\n";
  if (diagnostic.source_line.empty() || at.column < 1) return out;

  out += "  " + diagnostic.source_line + "\n  ";
  // Tabs stay tabs, so that the caret stands below its character whatever their width is.
  for (size_t i = 0; i + 1 < static_cast<size_t>(at.column); ++i) {
    const char c = i < diagnostic.source_line.size() ? diagnostic.source_line[i] : ' ';
    if ((c & 0xC0) != 0x80) out += c == '\t' ? '\t' : ' ';  // one column per character of UTF-8
  }
  return out + paint(kGreen, "^") + "\n";
}

std::string RenderDiagnostics(const std::vector<Diagnostic>& diagnostics, bool color) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += RenderDiagnostic(diagnostic, color);
  return out;
}

}  // namespace skiff::kube
