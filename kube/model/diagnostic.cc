#include "kube/model/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>

namespace skiff::kube {

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
