// info, version and what the supervisor calls.
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/kube/manifest_input.h"
#include "cli/notation/text.h"
#include "cli/render/template.h"
#include "common/file.h"
#include "common/process.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonValue;
using common::Result;

namespace {

std::string Architecture(const utsname& names) {
  const std::string machine = names.machine;
  return machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : machine;
}

// "NAME=value" or "NAME: value" of a file of lines.
std::string LineValue(const std::string& file, std::string_view name) {
  const auto text = common::ReadFile(file);
  if (!text) return "";
  for (const std::string& line : Split(*text, '\n')) {
    if (!std::string_view(line).starts_with(name)) continue;
    std::string value = line.substr(name.size());
    const size_t start = value.find_first_not_of(" \t\"");
    const size_t end = value.find_last_not_of(" \t\"");
    return start == std::string::npos ? "" : value.substr(start, end - start + 1);
  }
  return "";
}

int64_t MemoryBytes(const std::string& file, std::string_view name) {
  return 1024 * std::strtoll(LineValue(file, name).c_str(), nullptr, 10);  // "24901304 kB"
}

JsonValue Version(JsonBuilder& b) {
  utsname names{};
  ::uname(&names);
  JsonValue version = b.Object();
  b.Set(version, "APIVersion", SKIFF_VERSION);
  b.Set(version, "Version", SKIFF_VERSION);
  b.Set(version, "Os", "linux");
  b.Set(version, "OsArch", "linux/" + Architecture(names));
  return version;
}

// As podman's info: "a: b" lines, nested by two spaces.
void PrintTree(const JsonValue& object, int depth) {
  const std::string indent(static_cast<size_t>(depth) * 2, ' ');
  for (const auto& member : object.GetObject()) {
    const std::string name = indent + member.name.GetString() + ":";
    const JsonValue& value = member.value;
    if (value.IsObject() && !value.ObjectEmpty()) {
      PrintLine(name);
      PrintTree(value, depth + 1);
    } else if (value.IsArray()) {
      PrintLine(name);
      for (const JsonValue& item : value.GetArray()) PrintLine(indent + "- " + GoText(item));
    } else if (value.IsString() && value.GetStringLength() == 0) {
      PrintLine(name + " \"\"");
    } else {
      PrintLine(name + " " + (value.IsObject() ? "{}" : GoText(value)));
    }
  }
}

class VersionCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-f,--format", format_, "template", "json, or a Go template");
  }

  Result<int> Run(Context&) override {
    JsonBuilder b;
    JsonValue document = b.Object();
    b.Set(document, "Client", Version(b));
    const JsonValue& client = document["Client"];
    if (format_ == "json") {
      PrintLine(common::ToJson(document));
    } else if (!format_.empty()) {
      ASSIGN_OR_RETURN(const Template parsed, Template::Parse(format_));
      ASSIGN_OR_RETURN(const std::string text, parsed.Execute(document));
      PrintLine(text);
    } else {
      PrintLine("Client:       skiff");
      PrintLine(fmt::format("Version:      {}", client["Version"].GetString()));
      PrintLine(fmt::format("API Version:  {}", client["APIVersion"].GetString()));
      PrintLine(fmt::format("OS/Arch:      {}", client["OsArch"].GetString()));
    }
    return 0;
  }

 private:
  std::string format_;
};

class InfoCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-f,--format", format_, "template", "json, or a Go template");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    JsonBuilder b;
    JsonValue document = b.Object();
    ASSIGN_OR_RETURN(JsonValue host, Host(*engine, b));
    b.Set(document, "host", std::move(host));
    ASSIGN_OR_RETURN(JsonValue store, Store(*engine, b));
    b.Set(document, "store", std::move(store));
    b.Set(document, "version", Version(b));
    if (format_ == "json") {
      PrintLine(common::ToPrettyJson(document));
    } else if (!format_.empty()) {
      ASSIGN_OR_RETURN(const Template parsed, Template::Parse(format_));
      ASSIGN_OR_RETURN(const std::string text, parsed.Execute(document));
      PrintLine(text);
    } else {
      PrintTree(document, 0);
    }
    return 0;
  }

 private:
  static Result<JsonValue> Host(pod::Engine& engine, JsonBuilder& b) {
    const common::SystemPaths& paths = engine.paths();
    utsname names{};
    ::uname(&names);
    JsonValue host = b.Object();
    b.Set(host, "arch", Architecture(names));
    b.Set(host, "cgroupManager", "cgroupfs");
    b.Set(host, "cgroupVersion", common::PathExists(paths.cgroup_root + "/cgroup.controllers") ? "v2" : "v1");
    b.Set(host, "cpus", static_cast<int64_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
    JsonValue distribution = b.Object();
    b.Set(distribution, "codename", LineValue("/etc/os-release", "VERSION_CODENAME="));
    b.Set(distribution, "distribution", LineValue("/etc/os-release", "ID="));
    b.Set(distribution, "version", LineValue("/etc/os-release", "VERSION_ID="));
    b.Set(host, "distribution", std::move(distribution));
    b.Set(host, "hostname", names.nodename);
    b.Set(host, "kernel", names.release);
    b.Set(host, "logDriver", "k8s-file");
    b.Set(host, "memFree", MemoryBytes(paths.proc_root + "/meminfo", "MemFree:"));
    b.Set(host, "memTotal", MemoryBytes(paths.proc_root + "/meminfo", "MemTotal:"));
    b.Set(host, "networkBackend", "skiff");
    JsonValue runtime = b.Object();
    const std::string& program = engine.runtime_program();
    b.Set(runtime, "name", program.substr(program.rfind('/') + 1));
    const Result<std::string> path = common::FindProgram(program);
    b.Set(runtime, "path", path ? *path : "");
    common::Command command;
    command.argv = {program, "--version"};
    const Result<common::Output> output = common::Run(command);
    b.Set(runtime, "version",
          output ? output->out.substr(0, output->out.find('\n')) : output.error().message());
    b.Set(host, "ociRuntime", std::move(runtime));
    b.Set(host, "os", "linux");
    JsonValue security = b.Object();
    b.Set(security, "apparmorEnabled", common::PathExists("/sys/kernel/security/apparmor/profiles"));
    b.Set(security, "rootless", paths.rootless);
    b.Set(security, "seccompEnabled", true);
    b.Set(security, "selinuxEnabled", common::PathExists("/sys/fs/selinux/enforce"));
    b.Set(host, "security", std::move(security));
    return host;
  }

  static Result<JsonValue> Store(pod::Engine& engine, JsonBuilder& b) {
    const common::SystemPaths& paths = engine.paths();
    JsonValue store = b.Object();
    ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> containers, engine.ListContainers());
    int running = 0;
    for (const pod::ContainerInfo& container : containers) running += container.status.state == "running";
    JsonValue count = b.Object();
    b.Set(count, "number", static_cast<int64_t>(containers.size()));
    b.Set(count, "paused", 0);
    b.Set(count, "running", running);
    b.Set(count, "stopped", static_cast<int64_t>(containers.size()) - running);
    b.Set(store, "containerStore", std::move(count));
    b.Set(store, "graphDriverName", "overlay");
    b.Set(store, "graphRoot", paths.graph_root);
    ASSIGN_OR_RETURN(const std::vector<image::Image> images, engine.images().List());
    JsonValue image_count = b.Object();
    b.Set(image_count, "number", static_cast<int64_t>(images.size()));
    b.Set(store, "imageStore", std::move(image_count));
    b.Set(store, "runRoot", paths.storage_run);
    b.Set(store, "stateDir", paths.state_dir);
    b.Set(store, "runDir", paths.run_dir);
    b.Set(store, "volumePath", paths.VolumeDir(""));
    return store;
  }

  std::string format_;
};

class CleanUpPodCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(ids_, 1, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    engine->LeaveCleanUps();
    TRY(engine->CleanUpEndedPod(ids_.front()));
    TRY(FollowServices(context, false), "Services");
    return 0;
  }

 private:
  std::vector<std::string> ids_;
};

class WireSandboxCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(ids_, 1, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    TRY(engine->WireSandbox(ids_.front()));
    return 0;
  }

 private:
  std::vector<std::string> ids_;
};

class AdoptPodsCommand : public Command {
 public:
  void Declare(Arguments&) override {}

  Result<int> Run(Context& context) override {
    TRY(context.ChangingEngine());
    return 0;
  }
};

class FollowPodsCommand : public Command {
 public:
  void Declare(Arguments&) override {}

  Result<int> Run(Context& context) override {
    TRY(FollowServices(context, false), "Services");
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> MakeInfo() { return std::make_unique<InfoCommand>(); }
std::unique_ptr<Command> MakeVersion() { return std::make_unique<VersionCommand>(); }
std::unique_ptr<Command> MakeAdoptPods() { return std::make_unique<AdoptPodsCommand>(); }
std::unique_ptr<Command> MakeWireSandbox() { return std::make_unique<WireSandboxCommand>(); }
std::unique_ptr<Command> MakeFollowPods() { return std::make_unique<FollowPodsCommand>(); }
std::unique_ptr<Command> MakeCleanUpPod() { return std::make_unique<CleanUpPodCommand>(); }

}  // namespace skiff::cli
