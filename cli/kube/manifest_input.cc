#include "cli/kube/manifest_input.h"

#include <unistd.h>

#include <cstdio>

#include "cli/command.h"
#include "cli/notation/text.h"
#include "kube/model/diagnostic.h"
#include "kube/play/engine_backend.h"
#include "kube/play/reconcile.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Standard output has whole blocks only; errors of manifests go to standard error as a compiler's do.
void ShowDiagnostics(const std::vector<kube::Diagnostic>& diagnostics) {
  FlushOutput();
  const std::string text = kube::RenderDiagnostics(diagnostics, ::isatty(STDERR_FILENO) != 0);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

// The last line when `errors` mistakes were shown.
common::Error RefusedManifests(size_t errors, const std::vector<std::string>& sources) {
  return MakeError(ErrorCode::kInvalid, "{} error{} in {}; nothing was changed", errors,
                   errors == 1 ? "" : "s", Join(sources, ", "));
}

}  // namespace

Result<std::vector<kube::Object>> LoadObjects(const std::vector<std::string>& sources,
                                              const manifests::LoadOptions& options) {
  ASSIGN_OR_RETURN(manifests::Loaded loaded, manifests::Load(sources, options));
  ShowDiagnostics(loaded.diagnostics);
  if (!kube::HasErrors(loaded.diagnostics)) return std::move(loaded.objects);
  size_t errors = 0;
  for (const kube::Diagnostic& diagnostic : loaded.diagnostics)
    errors += diagnostic.severity == kube::Severity::kError;
  return RefusedManifests(errors, sources);
}

Result<kube::Object> ReadStoredObject(const std::string& json) {
  manifests::LoadOptions options;
  options.validation = manifests::Validation::kIgnore;
  manifests::Loaded loaded = manifests::LoadText(json, "stored object", options);
  if (loaded.objects.size() != 1 || kube::HasErrors(loaded.diagnostics))
    return MakeError(ErrorCode::kInternal, "an object of an earlier call cannot be read: {}",
                     kube::RenderDiagnostics(loaded.diagnostics));
  kube::Object object = std::move(loaded.objects.front());
  // Nobody wrote that text: it has no places to be shown.
  object.position = {};
  object.source = nullptr;
  object.text = nullptr;
  return object;
}

void PrintSection(std::string_view header, const std::vector<std::string>& lines) {
  PrintLine(header);
  for (const std::string& line : lines) PrintLine(line);
}

int ShowErrors(const kube::PlayReport& report, const std::vector<kube::Object>& objects,
               const std::vector<std::string>& sources, const std::function<void(const common::Error&)>& show_other) {
  ShowDiagnostics(kube::LocateErrors(report.errors, objects));
  size_t located = 0;
  for (const common::Error& error : report.errors) {
    if (kube::HasPlace(error)) ++located;
    else show_other(error);
  }
  if (report.refused && located > 0) show_other(RefusedManifests(located, sources));
  return report.errors.empty() ? 0 : kExitFailure;
}

int ShowErrors(const std::vector<common::Error>& errors) {
  for (const common::Error& error : errors) PrintError(error);
  return errors.empty() ? 0 : kExitFailure;
}

Result<kube::BackendFactory> Backend(Context& context, std::function<bool()> leave_starts) {
  ASSIGN_OR_RETURN(common::SystemPaths paths, context.Paths());
  return kube::EngineBackendFactory({std::move(paths), context.options().runtime, std::move(leave_starts)});
}

Result<> FollowServices(Context& context, bool wait) {
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  ASSIGN_OR_RETURN(const bool any, engine->HasServices());
  if (!any) return {};
  ASSIGN_OR_RETURN(const kube::BackendFactory factory, Backend(context));
  ASSIGN_OR_RETURN(const std::unique_ptr<kube::PodBackend> backend, factory());
  return kube::ReconcileServices(*backend, ReadStoredObject, wait);
}

}  // namespace skiff::cli
