// What a check of manifests found, as a compiler tells it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace skiff::kube {

enum class Severity { kWarning, kError };

struct Diagnostic {
  Severity severity = Severity::kError;
  common::SourcePosition position;
  std::string message;
  std::string source_line;  // without the line break; empty when unknown
};

bool HasErrors(const std::vector<Diagnostic>& diagnostics);

// "app.yaml:12:7: error: message", the source line, a line with a caret. Ends with a line break.
std::string RenderDiagnostic(const Diagnostic& diagnostic, bool color = false);
std::string RenderDiagnostics(const std::vector<Diagnostic>& diagnostics, bool color = false);

}  // namespace skiff::kube
