#include "cli/context.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <thread>
#include <tuple>

#include "cli/command.h"
#include "cli/rootless/enter.h"
#include "cli/suggest.h"
#include "pod/state/journal.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<common::SystemPaths> Context::Paths() const {
  TRY(EnterUserNamespace());
  ASSIGN_OR_RETURN(common::SystemPaths paths, common::SystemPaths::FromEnvironment());
  if (!options_.root.empty()) paths.graph_root = options_.root;
  if (!options_.runroot.empty()) paths.storage_run = options_.runroot;
  return paths;
}

void Context::Record(const char* type, const char* status, const std::string& id, const std::string& name) const {
  const auto paths = Paths();
  if (paths) std::ignore = pod::AppendToJournal(*paths, {{.type = type, .status = status, .id = id, .name = name}});
}

Result<pod::Engine*> Context::Engine() {
  if (engine_ == nullptr) {
    ASSIGN_OR_RETURN(common::SystemPaths paths, Paths());
    ASSIGN_OR_RETURN(engine_, pod::Engine::Open({std::move(paths), options_.runtime}));
  }
  return engine_.get();
}

Result<pod::Engine*> Context::ChangingEngine() {
  ASSIGN_OR_RETURN(pod::Engine * engine, Engine());
  if (!repaired_) {
    TRY(engine->Repair());
    repaired_ = true;
    follow_services_ = true;
  }
  return engine;
}

Result<std::string> Context::FindContainer(const std::string& name_or_id) {
  ASSIGN_OR_RETURN(pod::Engine * engine, Engine());
  Result<std::string> id = engine->FindContainer(name_or_id);
  if (id || id.error().code() != ErrorCode::kNotFound) return id;
  std::vector<std::string> names;
  if (const auto containers = engine->ListContainers())
    for (const pod::ContainerInfo& container : *containers) names.push_back(container.name);
  return MakeError(ErrorCode::kNotFound, "no container with name or ID \"{}\" found{}", name_or_id,
                   DidYouMean(name_or_id, names));
}

Result<std::string> Context::FindPod(const std::string& name_or_id) {
  ASSIGN_OR_RETURN(pod::Engine * engine, Engine());
  Result<std::string> id = engine->FindPod(name_or_id);
  if (id || id.error().code() != ErrorCode::kNotFound) return id;
  std::vector<std::string> names;
  if (const auto pods = engine->ListPods())
    for (const pod::PodInfo& pod : *pods)
      if (!pod.spec.implicit) names.push_back(pod.name);
  return MakeError(ErrorCode::kNotFound, "no pod with name or ID \"{}\" found{}", name_or_id,
                   DidYouMean(name_or_id, names));
}

int Context::ForEach(const std::vector<std::string>& targets,
                     const std::function<Result<>(const std::string&)>& act,
                     const std::function<int(const Error&)>& code_of) {
  int code = 0;
  for (const std::string& target : targets) {
    const Result<> done = act(target);
    if (done) continue;
    PrintError(done.error());
    code = code_of ? code_of(done.error()) : ExitCodeFor(done.error());
  }
  return code;
}

int Context::ForEachAtOnce(const std::vector<std::string>& targets,
                           const std::function<Result<std::string>(Context&, const std::string&)>& act,
                           const std::function<int(const Error&)>& code_of) {
  const auto show = [&](Context& context, const std::string& target) -> Result<> {
    ASSIGN_OR_RETURN(const std::string line, act(context, target));
    if (!line.empty()) PrintLine(line);
    return {};
  };
  if (targets.size() < 2)
    return ForEach(
        targets, [&](const std::string& target) { return show(*this, target); }, code_of);

  // A user's namespaces are entered before there are threads; without them each target says so.
  std::ignore = Paths();
  constexpr size_t kMostThreads = 32;
  std::vector<std::promise<Result<std::string>>> promises(targets.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    Context own(options_);
    for (size_t i = next++; i < targets.size(); i = next++) promises[i].set_value(act(own, targets[i]));
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(targets.size(), kMostThreads); ++i) threads.emplace_back(work);
  size_t index = 0;
  const int code = ForEach(
      targets,
      [&](const std::string&) -> Result<> {
        ASSIGN_OR_RETURN(const std::string line, promises[index++].get_future().get());
        if (!line.empty()) PrintLine(line);
        FlushOutput();
        return {};
      },
      code_of);
  for (std::thread& thread : threads) thread.join();
  return code;
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintLine(std::string_view line) {
  Print(line);
  Print("\n");
}

void FlushOutput() { std::fflush(stdout); }

namespace {

void PrintToStandardError(std::string_view prefix, std::string_view message) {
  FlushOutput();
  std::string line(prefix);
  line += message;
  if (!line.ends_with('\n')) line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void PrintError(const Error& error) {
  std::string place;
  if (const auto& position = error.position(); position && position->line > 0)
    place = fmt::format("{}:{}:{}: ", position->file, position->line, position->column);
  PrintToStandardError("Error: ", place + error.message());
}

void PrintWarning(std::string_view message) { PrintToStandardError("Warning: ", message); }

int ExitCodeFor(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCommandNotFound:
      return kExitNotFound;
    case ErrorCode::kCommandNotExecutable:
      return kExitNotExecutable;
    default:
      return kExitFailure;
  }
}

}  // namespace skiff::cli
