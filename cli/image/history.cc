// history.
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/notation/text.h"
#include "cli/render/table.h"
#include "cli/render/units.h"
#include "common/clock.h"
#include "image/history.h"

namespace skiff::cli {

using common::JsonBuilder;
using common::JsonValue;
using common::Result;

namespace {

constexpr size_t kCommandWidth = 45;

struct Step {
  image::HistoryStep step;
  std::string image_id;  // of the image that ends with this step; empty: none here
  std::vector<std::string> tags;
  int64_t size = 0;
};

// Latest first.
Result<std::vector<Step>> StepsOf(const image::Store& store, const image::Image& image) {
  ASSIGN_OR_RETURN(const auto history, image::ReadHistory(store, image));
  ASSIGN_OR_RETURN(const auto layers, store.Layers(image));
  ASSIGN_OR_RETURN(const auto images, store.List());
  std::vector<Step> steps;
  size_t used = 0;  // layers
  for (size_t i = 0; i < history.size(); ++i) {
    Step step{history[i], "", {}, 0};
    if (!history[i].empty_layer && used < layers.size()) step.size = std::max<int64_t>(0, layers[used++].size);
    const bool last = i + 1 == history.size();
    for (const image::Image& other : images) {
      if (last ? other.id != image.id : used == 0 || other.top_layer != layers[used - 1].id) continue;
      if (!last) {
        const auto other_history = image::ReadHistory(store, other);
        if (!other_history || other_history->size() != i + 1 || !std::equal(other_history->begin(), other_history->end(), history.begin()))
          continue;
      }
      step.image_id = other.id;
      step.tags = other.names;
      break;
    }
    steps.push_back(std::move(step));
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

class HistoryCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("--format", format_, "template", "json, or a Go template, with \"table\" in front for headings");
    a.Switch("-H,--human", human_, "Ages, not times (default true)");
    a.Switch("--no-trunc", no_truncation_, "Do not shorten ids and commands");
    a.Switch("-q,--quiet", quiet_, "Only ids");
    a.Operands(operands_, 1, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    const image::Store store(paths);
    ASSIGN_OR_RETURN(const image::Image image, store.Find(operands_.front()));
    ASSIGN_OR_RETURN(const auto steps, StepsOf(store, image));
    JsonBuilder builder;
    JsonValue rows = builder.Array();
    for (const Step& step : steps) builder.Push(rows, format_ == "json" ? Json(step, builder) : Row(step, builder));
    if (format_ == "json") {
      PrintLine(common::ToJson(rows));
      return 0;
    }
    TableStyle style;
    style.headers = {{"ID", "ID"},     {"Created", "CREATED"}, {"CreatedBy", "CREATED BY"},
                     {"Size", "SIZE"}, {"Comment", "COMMENT"}};
    style.format = quiet_             ? "{{.ID}}"
                   : !format_.empty() ? std::string_view(format_)
                                      : "table {{.ID}}\t{{.Created}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
    ASSIGN_OR_RETURN(const std::string text, RenderRows(rows, style));
    Print(text);
    return 0;
  }

 private:
  static std::string Seconds(const std::string& rfc3339) {
    const auto time = common::ParseTime(rfc3339);
    return time ? common::FormatTime(*time) : TimeOrZero("");
  }

  static JsonValue Json(const Step& step, JsonBuilder& b) {
    JsonValue object = b.Object();
    b.Set(object, "id", step.image_id.empty() ? "<missing>" : step.image_id);
    b.Set(object, "created", TimeOrZero(step.step.created));
    b.Set(object, "CreatedBy", step.step.created_by);
    b.Set(object, "size", step.size);
    if (!step.step.comment.empty()) b.Set(object, "comment", step.step.comment);
    b.Set(object, "Created", Seconds(step.step.created));
    return object;
  }

  JsonValue Row(const Step& step, JsonBuilder& b) const {
    std::string command = step.step.created_by;
    if (!no_truncation_ && command.size() > kCommandWidth) command = command.substr(0, kCommandWidth - 3) + "...";
    const std::string created = human_ ? HumanSince(step.step.created) : Seconds(step.step.created);
    JsonValue row = b.Object();
    b.Set(row, "ID", step.image_id.empty() ? "<missing>" : no_truncation_ ? step.image_id : ShortId(step.image_id));
    b.Set(row, "Created", created);
    b.Set(row, "CreatedAt", Seconds(step.step.created));
    b.Set(row, "CreatedSince", HumanSince(step.step.created));
    b.Set(row, "CreatedBy", command);
    b.Set(row, "Size", HumanSize(step.size));
    b.Set(row, "Comment", step.step.comment);
    b.Set(row, "Tags", Join(step.tags, ", "));
    return row;
  }

  bool human_ = true, no_truncation_ = false, quiet_ = false;
  std::string format_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeHistory() { return std::make_unique<HistoryCommand>(); }

}  // namespace skiff::cli
