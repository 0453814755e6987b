// search, manifest inspect.
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/registry/access_flags.h"
#include "cli/render/table.h"
#include "image/registry.h"
#include "image/store.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

constexpr int64_t kMaxResults = 100000;
constexpr size_t kDescriptionWidth = 44;  // podman's

class SearchCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    access_.Declare(a);
    a.Value("--limit", limit_, "number", "At most so many results per registry (default 25)");
    a.Switch("--list-tags", list_tags_, "The tags of a repository");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten descriptions");
    a.Value("--format", format_, "template", "json, or a Go template");
    a.List("-f,--filter", filters_, "key=value", "stars=N, is-official, is-automated", ListStyle::kCommaSeparated);
    a.Ignored("--compatible", false);
    a.Operands(operands_, 1, 1);
  }

  Result<int> Run(Context& context) override {
    if (limit_ && (*limit_ < 1 || *limit_ > kMaxResults)) return MakeError(ErrorCode::kInvalid, "--limit goes from 1 to {}", kMaxResults);
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    image::RegistryRequest request;
    ASSIGN_OR_RETURN(request.access, access_.Build());
    request.limit = limit_.value_or(25);
    request.items = {{operands_.front(), {}}};
    JsonBuilder builder;
    JsonValue rows = builder.Array();
    if (list_tags_) {
      if (!limit_) request.limit = kMaxResults;
      ASSIGN_OR_RETURN(const image::RemoteTags tags, image::ListTags(paths, request));
      for (const std::string& tag : tags.tags) {
        JsonValue row = builder.Object();
        builder.Set(row, "Name", tags.repository);
        builder.Set(row, "Tag", tag);
        builder.Push(rows, std::move(row));
      }
    } else {
      ASSIGN_OR_RETURN(const auto results, image::SearchRegistries(paths, request));
      for (const image::SearchResult& result : results) {
        ASSIGN_OR_RETURN(const bool wanted, Wanted(result));
        if (wanted) builder.Push(rows, Row(result, builder));
      }
    }
    return Show(rows);
  }

 private:
  Result<bool> Wanted(const image::SearchResult& result) const {
    for (const std::string& filter : filters_) {
      const std::string key = filter.substr(0, filter.find('='));
      const std::string value = filter.find('=') == std::string::npos ? "true" : filter.substr(key.size() + 1);
      bool match = false;
      if (key == "stars") match = result.stars >= std::atoll(value.c_str());
      else if (key == "is-official") match = result.official == (value == "true");
      else if (key == "is-automated") match = result.automated == (value == "true");
      else return MakeError(ErrorCode::kInvalid, "invalid filter \"{}\": write stars=N, is-official or is-automated", filter);
      if (!match) return false;
    }
    return true;
  }

  JsonValue Row(const image::SearchResult& result, JsonBuilder& b) const {
    std::string description = result.description;
    for (char& c : description)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    if (!no_truncation_ && description.size() > kDescriptionWidth) description = description.substr(0, kDescriptionWidth - 3) + "...";
    JsonValue row = b.Object();
    b.Set(row, "Index", result.index);
    b.Set(row, "Name", result.name);
    b.Set(row, "Description", description);
    b.Set(row, "Stars", result.stars);
    b.Set(row, "Official", result.official ? "[OK]" : "");
    b.Set(row, "Automated", result.automated ? "[OK]" : "");
    return row;
  }

  Result<int> Show(const JsonValue& rows) const {
    if (format_ == "json") {
      PrintLine(common::ToPrettyJson(rows, 2));
      return 0;
    }
    TableStyle style;
    style.headers = {{"Name", "NAME"}, {"Description", "DESCRIPTION"}, {"Tag", "TAG"}, {"Index", "INDEX"},
                     {"Stars", "STARS"}, {"Official", "OFFICIAL"}, {"Automated", "AUTOMATED"}};
    style.format = !format_.empty() ? std::string_view(format_)
                   : list_tags_     ? "table {{.Name}}\t{{.Tag}}"
                                    : "table {{.Name}}\t{{.Description}}";
    if (rows.Empty() && format_.empty()) return 0;
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, style));
    Print(text);
    return 0;
  }

  AccessFlags access_;
  std::optional<int64_t> limit_;
  bool list_tags_ = false, no_truncation_ = false;
  std::string format_;
  std::vector<std::string> filters_, operands_;
};

class ManifestInspectCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    access_.Declare(a);
    a.Ignored("-v,--verbose", false);
    a.Ignored("--insecure", false);
    a.Operands(operands_, 1, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    std::string name = operands_.front();
    if (name.starts_with("docker://")) name.erase(0, 9);
    image::RegistryRequest request;
    ASSIGN_OR_RETURN(request.access, access_.Build());
    request.items = {{name, {}}};
    auto manifest = image::Store(paths).ReadManifestList(name);
    if (!manifest) manifest = image::ReadRemoteManifest(paths, request);
    TRY(manifest);
    ASSIGN_OR_RETURN(const auto json, common::ParseJson(*manifest, name));
    PrintLine(common::ToPrettyJson(json, 4));
    return 0;
  }

 private:
  AccessFlags access_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeSearch() { return std::make_unique<SearchCommand>(); }
std::unique_ptr<Command> MakeManifestInspect() { return std::make_unique<ManifestInspectCommand>(); }

}  // namespace skiff::cli
