// images, image ls.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/filter.h"
#include "cli/notation/text.h"
#include "cli/render/table.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonValue;
using common::Result;

namespace {

// "localhost/demo" and "latest".
std::pair<std::string, std::string> SplitTag(const std::string& name) {
  const size_t colon = name.rfind(':');
  const size_t slash = name.rfind('/');
  if (colon == std::string::npos || (slash != std::string::npos && colon < slash)) return {name, "<none>"};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

std::vector<std::string> RepoDigests(const image::Image& image) {
  std::vector<std::string> digests;
  for (const std::string& name : image.names) {
    const std::string digest = SplitTag(name).first + "@" + image.digest;
    if (std::find(digests.begin(), digests.end(), digest) == digests.end()) digests.push_back(digest);
  }
  return digests;
}

JsonValue ImageJson(const image::Image& image, int containers, JsonBuilder& b) {
  JsonValue object = b.Object();
  b.Set(object, "Id", image.id);
  b.Set(object, "ParentId", "");
  b.Set(object, "RepoTags", b.Strings(image.names));
  b.Set(object, "RepoDigests", b.Strings(RepoDigests(image)));
  b.Set(object, "Size", image.size);
  b.Set(object, "SharedSize", 0);
  b.Set(object, "VirtualSize", image.size);
  b.Set(object, "Labels", b.StringMap(image.config.labels));
  b.Set(object, "Containers", containers);
  b.Set(object, "Names", b.Strings(image.names));
  b.Set(object, "Digest", image.digest);
  b.Set(object, "History", b.Strings(image.names));
  b.Set(object, "Created", UnixSeconds(image.created));
  b.Set(object, "CreatedAt", image.created);
  return object;
}

JsonValue ImageRow(const image::Image& image, const std::string& name, bool full, JsonBuilder& b) {
  const auto [repository, tag] =
      name.empty() ? std::pair<std::string, std::string>{"<none>", "<none>"} : SplitTag(name);
  JsonValue row = b.Object();
  b.Set(row, "Repository", repository);
  b.Set(row, "Tag", tag);
  b.Set(row, "ID", full ? "sha256:" + image.id : ShortId(image.id));
  b.Set(row, "Id", image.id);
  b.Set(row, "Digest", image.digest);
  b.Set(row, "Created", HumanSince(image.created));
  b.Set(row, "CreatedSince", HumanSince(image.created));
  b.Set(row, "CreatedAt", image.created);
  b.Set(row, "CreatedTime", image.created);
  b.Set(row, "Size", HumanSize(image.size));
  b.Set(row, "VirtualSize", HumanSize(image.size));
  b.Set(row, "Names", b.Strings(image.names));
  b.Set(row, "RepoTags", b.Strings(image.names));
  b.Set(row, "RepoDigests", b.Strings(RepoDigests(image)));
  b.Set(row, "Labels", b.StringMap(image.config.labels));
  return row;
}

class ImagesCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-q,--quiet", quiet_, "Only ids");
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.Switch("--digests", digests_, "Show digests");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids");
    a.Switch("-n,--noheading", no_heading_, "No line of headings");
    a.List("-f,--filter", filters_, "key=value", "reference, id, label, dangling");
    a.Ignored("-a,--all", false);
    a.Ignored("--sort", true);
    a.Ignored("--history", false);
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const Filters filters,
                     Filters::Parse(filters_, {"reference", "id", "label", "dangling"}));
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    const image::Store store(paths);
    ASSIGN_OR_RETURN(std::vector<image::Image> images, store.List());
    std::erase_if(images, [&](const image::Image& image) { return !Wanted(image, filters); });
    std::stable_sort(images.begin(), images.end(),
                     [](const auto& a, const auto& b) { return a.created > b.created; });
    return format_ == "json" ? PrintJson(context, images) : PrintTable(images);
  }

 private:
  bool Wanted(const image::Image& image, const Filters& filters) const {
    const std::string names = Join(image.names, " ");
    const std::string wanted = operands_.empty() ? "" : operands_.front();
    return names.find(wanted) != std::string::npos && filters.MatchesPart("reference", names) &&
           filters.MatchesPrefix("id", image.id) && filters.MatchesLabels(image.config.labels) &&
           filters.Matches("dangling", image.names.empty() ? "true" : "false");
  }

  static Result<int> PrintJson(Context& context, const std::vector<image::Image>& images) {
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> containers, engine->ListContainers());
    JsonBuilder builder;
    JsonValue list = builder.Array();
    for (const image::Image& image : images) {
      const auto uses =
          std::count_if(containers.begin(), containers.end(),
                        [&](const pod::ContainerInfo& container) { return container.image_id == image.id; });
      builder.Push(list, ImageJson(image, static_cast<int>(uses), builder));
    }
    PrintLine(common::ToPrettyJson(list, 4));
    return 0;
  }

  Result<int> PrintTable(const std::vector<image::Image>& images) const {
    JsonBuilder builder;
    JsonValue rows = builder.Array();
    for (const image::Image& image : images) {
      if (quiet_ || image.names.empty()) {
        builder.Push(
            rows, ImageRow(image, image.names.empty() ? "" : image.names.front(), no_truncation_, builder));
        continue;
      }
      for (const std::string& name : image.names)
        builder.Push(rows, ImageRow(image, name, no_truncation_, builder));
    }
    TableStyle style;
    style.headings = !no_heading_;
    style.headers = {{"Repository", "REPOSITORY"}, {"Tag", "TAG"},   {"ID", "IMAGE ID"},
                     {"Created", "CREATED"},       {"Size", "SIZE"}, {"Digest", "DIGEST"}};
    style.format = quiet_             ? "{{.ID}}"
                   : !format_.empty() ? std::string_view(format_)
                   : digests_
                       ? "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.Created}}\t{{.Size}}"
                       : "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.Created}}\t{{.Size}}";
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, style));
    Print(text);
    return 0;
  }

  bool quiet_ = false, digests_ = false, no_truncation_ = false, no_heading_ = false;
  std::string format_;
  std::vector<std::string> filters_, operands_;
};

}  // namespace

std::unique_ptr<Command> MakeImages() { return std::make_unique<ImagesCommand>(); }

}  // namespace skiff::cli
