// What a running command has at hand: the roots, the engine (opened when first needed) and the two output
// streams.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "pod/engine.h"

namespace skiff::cli {

struct GlobalOptions {
  std::string runtime;
  std::string root;     // graph root
  std::string runroot;  // run root of the image store
};

class Context {
 public:
  explicit Context(GlobalOptions options) : options_(std::move(options)) {}

  const GlobalOptions& options() const { return options_; }
  // For a user without root: enters his namespaces first.
  common::Result<common::SystemPaths> Paths() const;
  // Opened once. `Changing` repairs first what an earlier command left half done.
  common::Result<pod::Engine*> Engine();
  common::Result<pod::Engine*> ChangingEngine();

  // For `events`: what happened to an image or a volume, which keep no history themselves. Like podman's journal it is a help, not a
  // record: an event that cannot be written stops nothing.
  void Record(const char* type, const char* status, const std::string& id, const std::string& name) const;

  // Services follow the pods at the end of each command that has changed any, unless the command has seen to it.
  void services_followed() { follow_services_ = false; }
  bool follow_services() const { return follow_services_; }

  // Ids by name, id or unique prefix; the error of an unknown name suggests one that exists.
  common::Result<std::string> FindContainer(const std::string& name_or_id);
  common::Result<std::string> FindPod(const std::string& name_or_id);

  // Does `act` for each target and goes on after errors, which are shown; 0, or the exit code that `code_of`
  // gives for the last error.
  int ForEach(const std::vector<std::string>& targets,
              const std::function<common::Result<>(const std::string& target)>& act,
              const std::function<int(const common::Error&)>& code_of = {});
  // The same for what is mostly waiting (stop, rm): all targets at once, each with a context of its own, as
  // an engine belongs to one thread. `act` returns the line to print; lines and errors come in the order of
  // the targets.
  int ForEachAtOnce(
      const std::vector<std::string>& targets,
      const std::function<common::Result<std::string>(Context& own, const std::string& target)>& act,
      const std::function<int(const common::Error&)>& code_of = {});

 private:
  GlobalOptions options_;
  std::unique_ptr<pod::Engine> engine_;
  bool repaired_ = false;
  bool follow_services_ = false;
};

// Standard output, whole lines: buffered, flushed before anything that may last.
void Print(std::string_view text);
void PrintLine(std::string_view line);
void FlushOutput();
// "Error: ..." and "Warning: ..." on standard error.
void PrintError(const common::Error& error);
void PrintWarning(std::string_view message);
int ExitCodeFor(const common::Error& error);

}  // namespace skiff::cli
