// volume create|ls|rm|exists.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/inspect_view.h"
#include "cli/notation/text.h"
#include "cli/render/table.h"
#include "common/ids.h"

namespace skiff::cli {

using common::Error;
using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

Result<bool> VolumeExists(pod::Engine& engine, const std::string& name) {
  ASSIGN_OR_RETURN(const auto volumes, engine.ListVolumes());
  return std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) { return volume.name == name; });
}

class VolumeCreateCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.List("-l,--label", labels_, "name=value", "Set a label");
    a.Switch("--ignore", ignore_, "A volume that exists is no error");
    a.Value("-d,--driver", driver_, "name", "local");
    a.Refused("-o,--opt", true, "volume options are not supported");
    a.Operands(names_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    if (driver_ != "local")
      return MakeError(ErrorCode::kUnsupported, "--driver {}: only local is supported", driver_);
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    const std::string name = names_.empty() ? common::NewId() : names_.front();
    ASSIGN_OR_RETURN(const bool exists, VolumeExists(*engine, name));
    if (exists && !ignore_) return MakeError(ErrorCode::kExists, "volume with name {} already exists", name);
    TRY(engine->EnsureVolume(name, PairsToMap(labels_)));
    if (!exists) context.Record("volume", "create", "", name);
    PrintLine(name);
    return 0;
  }

 private:
  std::vector<std::string> labels_, names_;
  std::string driver_ = "local";
  bool ignore_ = false;
};

class VolumeListCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-q,--quiet", quiet_, "Only names");
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.List("-f,--filter", filters_, "key=value", "name, label, driver");
    a.Switch("-n,--noheading", no_heading_, "No line of headings");
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Filters filters, Filters::Parse(filters_, {"name", "label", "driver"}));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const auto volumes, engine->ListVolumes());
    JsonBuilder builder;
    JsonValue rows = builder.Array();
    for (const auto& volume : volumes)
      if (filters.MatchesPart("name", volume.name) && filters.MatchesLabels(volume.labels) &&
          filters.Matches("driver", "local"))
        builder.Push(rows, VolumeJson(volume, builder));
    if (format_ == "json") {
      PrintLine(common::ToPrettyJson(rows));
      return 0;
    }
    if (rows.Empty()) return 0;  // podman prints no headings either
    TableStyle style;
    style.headings = !no_heading_;
    style.headers = {{"Driver", "DRIVER"}, {"Name", "VOLUME NAME"}};
    style.format = quiet_            ? "{{.Name}}"
                   : format_.empty() ? "table {{.Driver}}\t{{.Name}}"
                                     : std::string_view(format_);
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, style));
    Print(text);
    return 0;
  }

 private:
  bool quiet_ = false, no_heading_ = false;
  std::string format_;
  std::vector<std::string> filters_;
};

class VolumeRemoveCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-f,--force", force_, "Remove the containers that use it too");
    a.Switch("-a,--all", all_, "All volumes");
    a.Ignored("-t,--time", true);
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    if (all_) {
      ASSIGN_OR_RETURN(const auto volumes, engine->ListVolumes());
      for (const auto& volume : volumes) names_.push_back(volume.name);
    } else if (names_.empty()) {
      return MakeError(ErrorCode::kInvalid, "name a volume, or give --all");
    }
    const auto remove = [&](const std::string& name) -> Result<> {
      const Result<> removed = engine->RemoveVolume(name, force_);
      if (!removed && force_ && removed.error().code() == ErrorCode::kNotFound) return {};
      if (!removed) return removed.error();
      context.Record("volume", "remove", "", name);
      PrintLine(name);
      return {};
    };
    return context.ForEach(names_, remove, [](const Error& error) {
      return error.code() == ErrorCode::kNotFound ? 1 : error.code() == ErrorCode::kBusy ? 2 : kExitFailure;
    });
  }

 private:
  bool force_ = false, all_ = false;
  std::vector<std::string> names_;
};

class VolumeExistsCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(names_, 1, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const bool exists, VolumeExists(*engine, names_.front()));
    return exists ? 0 : 1;
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeVolumeCreate() { return std::make_unique<VolumeCreateCommand>(); }
std::unique_ptr<Command> MakeVolumeList() { return std::make_unique<VolumeListCommand>(); }
std::unique_ptr<Command> MakeVolumeRemove() { return std::make_unique<VolumeRemoveCommand>(); }
std::unique_ptr<Command> MakeVolumeExists() { return std::make_unique<VolumeExistsCommand>(); }

}  // namespace skiff::cli
