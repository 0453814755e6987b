// images, image ls.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/image/image_filter.h"
#include "cli/image/image_names.h"
#include "cli/notation/text.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "common/clock.h"

namespace skiff::cli {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

// One image with what the list shows of it.
struct Listed {
  const image::Image* image;
  std::vector<std::string> names;  // rows
  std::string parent_id;
  int containers = 0;
  bool dangling = false;
};

// "2024-01-01 00:00:00 +0000 UTC", as Go prints a time.
std::string GoTime(const std::string& rfc3339) {
  const auto time = common::ParseTime(rfc3339);
  if (!time) return "0001-01-01 00:00:00 +0000 UTC";
  std::string text = common::FormatTime(*time);
  text.replace(text.find('T'), 1, " ");
  text.pop_back();
  return text + " +0000 UTC";
}

JsonValue ImageJson(const Listed& listed, JsonBuilder& b) {
  const image::Image& image = *listed.image;
  JsonValue object = b.Object();
  b.Set(object, "Id", image.id);
  b.Set(object, "ParentId", listed.parent_id);
  b.Set(object, "RepoTags", b.Strings(image.names));
  b.Set(object, "RepoDigests", b.Strings(RepoDigests(image)));
  b.Set(object, "Size", image.size);
  b.Set(object, "SharedSize", 0);
  b.Set(object, "VirtualSize", image.size);
  b.Set(object, "Labels", image.config.labels.empty() ? JsonValue() : b.StringMap(image.config.labels));
  b.Set(object, "Containers", listed.containers);
  if (listed.dangling) b.Set(object, "Dangling", true);
  b.Set(object, "Names", b.Strings(image.names));
  b.Set(object, "Digest", image.digest);
  b.Set(object, "History", b.Strings(image.names_history));
  b.Set(object, "Created", UnixSeconds(image.created));
  const auto created = common::ParseTime(image.created);
  b.Set(object, "CreatedAt", created ? common::FormatTime(*created) : TimeOrZero(""));
  return object;
}

JsonValue ImageRow(const Listed& listed, const std::string& name, bool full, JsonBuilder& b) {
  const image::Image& image = *listed.image;
  const auto [repository, tag] =
      name.empty() ? std::pair<std::string, std::string>{"<none>", "<none>"} : SplitTag(name);
  JsonValue row = b.Object();
  b.Set(row, "Repository", repository);
  b.Set(row, "Tag", tag);
  b.Set(row, "ID", full ? "sha256:" + image.id : ShortId(image.id));
  b.Set(row, "Id", image.id);
  b.Set(row, "ParentId", listed.parent_id);
  b.Set(row, "Digest", image.digest);
  b.Set(row, "Created", HumanSince(image.created));
  b.Set(row, "CreatedSince", HumanSince(image.created));
  b.Set(row, "CreatedAt", GoTime(image.created));
  b.Set(row, "CreatedTime", GoTime(image.created));
  b.Set(row, "Size", HumanSize(image.size));
  b.Set(row, "VirtualSize", image.size);
  b.Set(row, "SharedSize", 0);
  b.Set(row, "Containers", listed.containers);
  b.Set(row, "Dangling", listed.dangling);
  b.Set(row, "ReadOnly", false);
  b.Set(row, "Names", b.Strings(image.names));
  b.Set(row, "History", Join(image.names_history, ", "));
  b.Set(row, "RepoTags", b.Strings(image.names));
  b.Set(row, "RepoDigests", b.Strings(RepoDigests(image)));
  b.Set(row, "Labels", b.StringMap(image.config.labels));
  return row;
}

// The order of the rows; times and sizes are the image's.
struct Row {
  const Listed* listed;
  std::string name;
};

bool ComesBefore(const std::string& key, const Row& a, const Row& b) {
  const image::Image &x = *a.listed->image, &y = *b.listed->image;
  if (key == "id") return x.id < y.id;
  if (key == "size") return x.size < y.size;
  if (key == "repository") return a.name < b.name;
  if (key == "tag") return SplitTag(a.name).second < SplitTag(b.name).second;
  const auto at = [](const std::string& time) { return common::ParseTime(time).value_or(common::WallTime()); };
  return at(x.created) > at(y.created);
}

class ImagesCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-q,--quiet", quiet_, "Only ids");
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.Switch("--digests", digests_, "Show digests");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids");
    a.Switch("-n,--noheading", no_heading_, "No line of headings");
    a.List("-f,--filter", filters_, "key=value",
           "reference, id, digest, label, dangling, intermediate, before, since, until, containers, readonly");
    a.Switch("-a,--all", all_, "Also images without name that others were made from");
    a.Value("--sort", sort_, "key", "created, id, repository, size or tag (default created)");
    a.Switch("--history", history_, "Show the names that images have had");
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    static const std::vector<std::string> kKeys = {"repository", "size", "tag", "created", "id"};
    if (std::find(kKeys.begin(), kKeys.end(), sort_) == kKeys.end())
      return MakeError(ErrorCode::kInvalid, "\"{}\" is not a valid field for sorting. Choose from: {}", sort_, Join(kKeys, ", "));
    if (quiet_ && !format_.empty()) return MakeError(ErrorCode::kInvalid, "--quiet and --format exclude each other");
    for (const std::string& name : operands_) filters_.push_back("reference=" + name);
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    const image::Store store(paths);
    ASSIGN_OR_RETURN(const ImageFilter filter, ImageFilter::Parse(filters_, store));
    ASSIGN_OR_RETURN(const image::Family family, image::Family::Load(store));
    ASSIGN_OR_RETURN(const auto uses, ImageUses(context));
    std::vector<Listed> listed;
    for (const image::Image& image : family.images()) {
      if (!all_ && !filter.Has("intermediate") && family.IsIntermediate(image)) continue;
      if (!filter.Wants(image, family, uses)) continue;
      const image::Image* parent = family.Parent(image.id);
      const auto use = uses.find(image.id);
      listed.push_back({&image, filter.WantedNames(image), parent == nullptr ? "" : parent->id,
                        use == uses.end() ? 0 : use->second, family.IsDangling(image)});
    }
    return Show(listed);
  }

 private:
  Result<int> Show(const std::vector<Listed>& listed) const {
    std::vector<Row> rows;
    const bool once = quiet_ || format_ == "json";
    for (const Listed& item : listed) {
      if (once || item.names.empty()) {
        rows.push_back({&item, item.names.empty() ? "" : item.names.front()});
        continue;
      }
      for (const std::string& name : item.names) rows.push_back({&item, name});
    }
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return ComesBefore(sort_, a, b); });
    JsonBuilder builder;
    JsonValue list = builder.Array();
    for (const Row& row : rows)
      builder.Push(list, format_ == "json" ? ImageJson(*row.listed, builder)
                                           : ImageRow(*row.listed, row.name, no_truncation_, builder));
    if (format_ == "json") {
      PrintLine(common::ToPrettyJson(list, 4));
      return 0;
    }
    const std::string format = Format();
    TableStyle style;
    style.headings = !no_heading_;
    style.headers = {{"Repository", "REPOSITORY"}, {"Tag", "TAG"},       {"ID", "IMAGE ID"},     {"Created", "CREATED"},
                     {"Size", "SIZE"},             {"Digest", "DIGEST"}, {"History", "HISTORY"}, {"ReadOnly", "R/O"}};
    style.format = format;
    ASSIGN_OR_RETURN(const std::string text, RenderRows(list, style));
    Print(text);
    return 0;
  }

  std::string Format() const {
    if (quiet_) return "{{.ID}}";
    if (!format_.empty()) return format_;
    return std::string("table {{.Repository}}\t{{.Tag}}\t") + (digests_ ? "{{.Digest}}\t" : "") +
           "{{.ID}}\t{{.Created}}\t{{.Size}}" + (history_ ? "\t{{.History}}" : "");
  }

  bool quiet_ = false, digests_ = false, no_truncation_ = false, no_heading_ = false, all_ = false, history_ = false;
  std::string format_, sort_ = "created";
  std::vector<std::string> filters_, operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImages() { return std::make_unique<ImagesCommand>(); }

}  // namespace skiff::cli
