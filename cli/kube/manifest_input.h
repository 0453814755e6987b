// What the commands of kube have in common: objects from files and from the state store, and the engine behind
// a narrow port.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "kube/model/types/object.h"
#include "kube/play/backend.h"
#include "kube/play/play.h"
#include "manifests/loader.h"

namespace skiff::cli {

// The objects of files, folders and "-". Diagnostics go to standard error as a compiler's do; kInvalid when
// one of them is an error.
common::Result<std::vector<kube::Object>> LoadObjects(const std::vector<std::string>& sources,
                                                      const manifests::LoadOptions& options);
// An object of an earlier call, as the state store has it.
common::Result<kube::Object> ReadStoredObject(const std::string& json);

// `leave_starts`: pod::EngineOptions.
common::Result<kube::BackendFactory> Backend(Context& context, std::function<bool()> leave_starts = {});

// "Header:" and a line each.
void PrintSection(std::string_view header, const std::vector<std::string>& lines);
// The exit code: 0 without errors.
int ShowErrors(const std::vector<common::Error>& errors);
// Those of playing the objects of `sources`: what has a place there as what loading finds, the others by `show_other`.
int ShowErrors(const kube::PlayReport& report, const std::vector<kube::Object>& objects,
               const std::vector<std::string>& sources, const std::function<void(const common::Error&)>& show_other = PrintError);

// Brings Services in line with the pods. `wait`: it is done on return.
common::Result<> FollowServices(Context& context, bool wait);

// kube down, and kube play --down.
common::Result<int> TakeDown(Context& context, const std::vector<kube::Object>& objects, bool force, bool quiet);

}  // namespace skiff::cli
