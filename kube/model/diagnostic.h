// What a check of manifests found, as a compiler tells it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "kube/model/types/object.h"

namespace skiff::kube {

enum class Severity { kWarning, kError };

struct Diagnostic {
  Severity severity = Severity::kError;
  common::SourcePosition position;
  std::string message;
  std::string source_line;  // without the line break; empty when unknown
};

// Line `number` of a text, from 1, without the line break; empty where it is too long to be shown.
std::string SourceLine(std::string_view text, int number);

// Whether it is known where in a manifest the error is.
bool HasPlace(const common::Error& error);

// Errors that were found after loading, in the order of the objects' files. Those without a place are left out.
std::vector<Diagnostic> LocateErrors(const std::vector<common::Error>& errors, const std::vector<Object>& objects);

bool HasErrors(const std::vector<Diagnostic>& diagnostics);

// "app.yaml:12:7: error: message", the source line, a line with a caret. Ends with a line break.
std::string RenderDiagnostic(const Diagnostic& diagnostic, bool color = false);
std::string RenderDiagnostics(const std::vector<Diagnostic>& diagnostics, bool color = false);

}  // namespace skiff::kube
