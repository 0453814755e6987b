#include "cli/kube/output.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <utility>

#include "cli/notation/text.h"
#include "cli/render/template.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/json.h"
#include "kube/translate/value_access.h"
#include "kube/view/columns.h"
#include "kube/view/json_path.h"
#include "kube/view/table.h"
#include "manifests/writer.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using kube::Value;

namespace {

// What kubectl gives to templates and to JSON: one object, or a List.
Value AsDocument(const std::vector<FoundObject>& objects, bool as_list, bool watch_events = false) {
  if (!as_list && objects.size() == 1) {
    Value object = kube::SortedKeys(objects.front().object);
    if (!watch_events) return object;
    Value event = Value::Map();
    event.Set("type", Value::String(objects.front().event));
    event.Set("object", std::move(object));
    return event;
  }
  Value items = Value::List();
  for (const FoundObject& found : objects) items.items().push_back(kube::SortedKeys(found.object));
  Value list = Value::Map();
  list.Set("apiVersion", Value::String("v1"));
  list.Set("items", std::move(items));
  list.Set("kind", Value::String("List"));
  Value metadata = Value::Map();
  metadata.Set("resourceVersion", Value::String(""));
  list.Set("metadata", std::move(metadata));
  return list;
}

class JsonPrinter : public ObjectPrinter {
 public:
  explicit JsonPrinter(bool watch_events) : watch_events_(watch_events) {}
  Result<std::string> Print(const std::vector<FoundObject>& objects, bool as_list) override {
    return kube::ToPrettyJson(AsDocument(objects, as_list, watch_events_)) + "\n";
  }

 private:
  bool watch_events_;
};

// What is printed one after another is one stream of documents.
class YamlPrinter : public ObjectPrinter {
 public:
  explicit YamlPrinter(bool watch_events) : watch_events_(watch_events) {}
  Result<std::string> Print(const std::vector<FoundObject>& objects, bool as_list) override {
    const std::string text = manifests::WriteYaml(AsDocument(objects, as_list, watch_events_));
    return std::exchange(any_, true) ? "---\n" + text : text;
  }

 private:
  bool watch_events_;
  bool any_ = false;
};

class NamePrinter : public ObjectPrinter {
 public:
  Result<std::string> Print(const std::vector<FoundObject>& objects, bool) override {
    std::string text;
    for (const FoundObject& found : objects) text += QualifiedName(found) + "\n";
    return text;
  }
};

class JsonPathPrinter : public ObjectPrinter {
 public:
  JsonPathPrinter(std::string text, kube::JsonPath path) : text_(std::move(text)), path_(std::move(path)) {}
  Result<std::string> Print(const std::vector<FoundObject>& objects, bool as_list) override {
    ASSIGN_OR_RETURN(const std::string text, path_.Execute(AsDocument(objects, as_list)),
                     "error executing jsonpath \"{}\"", text_);
    return text;
  }

 private:
  std::string text_;
  kube::JsonPath path_;
};

class GoTemplatePrinter : public ObjectPrinter {
 public:
  explicit GoTemplatePrinter(Template parsed) : template_(std::move(parsed)) {}
  Result<std::string> Print(const std::vector<FoundObject>& objects, bool as_list) override {
    ASSIGN_OR_RETURN(const common::JsonDocument document,
                     common::ParseJson(AsDocument(objects, as_list).ToJson(), "object"));
    return template_.Execute(document);
  }

 private:
  Template template_;
};

class CustomColumnsPrinter : public ObjectPrinter {
 public:
  static Result<std::unique_ptr<ObjectPrinter>> Make(const std::string& text, bool no_headers) {
    auto printer = std::make_unique<CustomColumnsPrinter>();
    printer->headings_ = !no_headers;
    std::vector<std::string> headings;
    for (const std::string& column : Split(text, ',')) {
      const auto [heading, path] = SplitPair(column, ':');
      if (path.empty())
        return MakeError(ErrorCode::kInvalid,
                         "unexpected custom-columns spec: {}, expected <header>:<json-path-expr>", column);
      headings.push_back(heading);
      ASSIGN_OR_RETURN(kube::JsonPath parsed, kube::JsonPath::ParseRelaxed(path), "{}", heading);
      printer->paths_.push_back(std::move(parsed));
    }
    printer->table_.emplace(std::move(headings));
    return std::unique_ptr<ObjectPrinter>(std::move(printer));
  }

  Result<std::string> Print(const std::vector<FoundObject>& objects, bool) override {
    for (const FoundObject& found : objects) {
      std::vector<std::string> row;
      for (const kube::JsonPath& path : paths_) {
        const auto values = path.Find(found.object);
        std::string cell;
        if (values)
          for (const Value* value : *values) cell += (cell.empty() ? "" : ",") + kube::PlainText(*value);
        row.push_back(cell.empty() ? "<none>" : cell);
      }
      table_->Add(std::move(row));
    }
    return table_->Take(headings_);
  }

 private:
  std::optional<kube::Table> table_;
  std::vector<kube::JsonPath> paths_;
  bool headings_ = true;
};

// kubectl's tables: one per kind.
class TablePrinter : public ObjectPrinter {
 public:
  explicit TablePrinter(const OutputOptions& options) : options_(options) {}

  Result<std::string> Print(const std::vector<FoundObject>& objects, bool) override {
    std::string text;
    const common::WallTime now = common::Now();
    for (size_t i = 0; i < objects.size(); ++i) {
      const kube::ResourceKind* kind = objects[i].kind;
      auto [table, is_new] = tables_.try_emplace(kind, Headings(*kind));
      table->second.Add(Row(objects[i], now));
      if (i + 1 < objects.size() && objects[i + 1].kind == kind) continue;
      if (is_new && any_) text += "\n";
      any_ = true;
      text += table->second.Take(!options_.no_headers);
    }
    return text;
  }

 private:
  std::vector<std::string> Headings(const kube::ResourceKind& kind) const {
    std::vector<std::string> headings;
    if (options_.watch_events) headings.emplace_back("EVENT");
    if (options_.all_namespaces && kind.namespaced) headings.emplace_back("NAMESPACE");
    for (const kube::Column& column : kube::ColumnsOf(kind.kind))
      if (!column.wide || options_.wide()) headings.emplace_back(column.heading);
    for (const std::string& label : options_.label_columns) headings.push_back(LabelHeading(label));
    if (options_.show_labels) headings.emplace_back("LABELS");
    return headings;
  }

  // Of "app.kubernetes.io/name" what is behind the last "/".
  static std::string LabelHeading(const std::string& label) {
    std::string heading = label.substr(label.rfind('/') + 1);
    std::ranges::transform(heading, heading.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return heading;
  }

  // Not by a path: a label's key has dots in it.
  static std::string LabelValue(const Value& object, const std::string& label) {
    const Value* value = kube::At(object, "metadata.labels").Find(label);
    return value == nullptr ? "" : value->text();
  }

  std::vector<std::string> Row(const FoundObject& found, common::WallTime now) const {
    std::vector<std::string> row;
    if (options_.watch_events) row.push_back(found.event);
    if (options_.all_namespaces && found.kind->namespaced)
      row.push_back(kube::TextAt(found.object, "metadata.namespace"));
    for (const kube::Column& column : kube::ColumnsOf(found.kind->kind)) {
      if (column.wide && !options_.wide()) continue;
      if (column.heading == "NAME" && options_.qualified_names)
        row.push_back(QualifiedName(found));
      else
        row.push_back(kube::FirstLineOfCell(column.cell(found.object, now)));
    }
    for (const std::string& label : options_.label_columns) row.push_back(LabelValue(found.object, label));
    if (options_.show_labels) row.push_back(kube::LabelsText(kube::At(found.object, "metadata.labels")));
    return row;
  }

  OutputOptions options_;
  std::map<const kube::ResourceKind*, kube::Table> tables_;
  bool any_ = false;
};

Result<std::unique_ptr<ObjectPrinter>> MakeJsonPath(const std::string& text) {
  ASSIGN_OR_RETURN(kube::JsonPath path, kube::JsonPath::Parse(text), "error parsing jsonpath {}", text);
  return std::unique_ptr<ObjectPrinter>(std::make_unique<JsonPathPrinter>(text, std::move(path)));
}

Result<std::unique_ptr<ObjectPrinter>> MakeGoTemplate(const std::string& text) {
  ASSIGN_OR_RETURN(Template parsed, Template::Parse(text), "error parsing template {}", text);
  return std::unique_ptr<ObjectPrinter>(std::make_unique<GoTemplatePrinter>(std::move(parsed)));
}

// "HEAD1 HEAD2\n.path1 .path2\n".
Result<std::string> ColumnsFromFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path));
  std::vector<std::vector<std::string>> lines;
  for (const std::string& line : Split(text, '\n')) {
    std::vector<std::string> words = Split(line, ' ');
    std::erase(words, "");
    if (!words.empty()) lines.push_back(std::move(words));
  }
  if (lines.size() != 2 || lines[0].size() != lines[1].size())
    return MakeError(ErrorCode::kInvalid, "{}: a line of headings and a line of as many paths are wanted",
                     path);
  std::string columns;
  for (size_t i = 0; i < lines[0].size(); ++i)
    columns += (i == 0 ? "" : ",") + lines[0][i] + ":" + lines[1][i];
  return columns;
}

}  // namespace

Result<std::unique_ptr<ObjectPrinter>> MakePrinter(const OutputOptions& options) {
  const size_t equals = options.format.find('=');
  const std::string name = options.format.substr(0, equals);
  const std::string text = equals == std::string::npos ? "" : options.format.substr(equals + 1);
  if (equals == std::string::npos) {
    if (name.empty() || name == "wide")
      return std::unique_ptr<ObjectPrinter>(std::make_unique<TablePrinter>(options));
    if (name == "json") return std::unique_ptr<ObjectPrinter>(std::make_unique<JsonPrinter>(options.watch_events));
    if (name == "yaml") return std::unique_ptr<ObjectPrinter>(std::make_unique<YamlPrinter>(options.watch_events));
    if (name == "name") return std::unique_ptr<ObjectPrinter>(std::make_unique<NamePrinter>());
  }
  if (name == "jsonpath" && !text.empty()) return MakeJsonPath(text);
  if (name == "go-template" && !text.empty()) return MakeGoTemplate(text);
  if (name == "custom-columns" && !text.empty()) return CustomColumnsPrinter::Make(text, options.no_headers);
  if (name == "jsonpath-file" || name == "go-template-file") {
    ASSIGN_OR_RETURN(const std::string content, common::ReadFile(text));
    return name == "jsonpath-file" ? MakeJsonPath(content) : MakeGoTemplate(content);
  }
  if (name == "custom-columns-file") {
    ASSIGN_OR_RETURN(const std::string columns, ColumnsFromFile(text));
    return CustomColumnsPrinter::Make(columns, options.no_headers);
  }
  if (name == "jsonpath" || name == "go-template" || name == "custom-columns")
    return MakeError(ErrorCode::kInvalid,
                     "template format specified but no template given: write -o {}=TEMPLATE", name);
  return MakeError(
      ErrorCode::kInvalid,
      "unable to match a printer suitable for the output format \"{}\", allowed formats are: custom-columns, "
      "custom-columns-file, go-template, go-template-file, json, jsonpath, jsonpath-file, name, wide, yaml",
      options.format);
}

Result<> SortObjects(std::vector<FoundObject>& objects, const std::string& text) {
  ASSIGN_OR_RETURN(const kube::JsonPath path, kube::JsonPath::ParseRelaxed(text), "--sort-by");
  std::map<const Value*, const Value*> keys;  // by object
  bool any = false;
  for (const FoundObject& found : objects) {
    ASSIGN_OR_RETURN(const auto values, path.Find(found.object), "--sort-by");
    keys[&found.object] = values.empty() ? nullptr : values.front();
    any = any || !values.empty();
  }
  if (!any && !objects.empty())
    return MakeError(ErrorCode::kInvalid, "couldn't find any field with path \"{}\" in the list of objects",
                     text);
  const auto less = [&](size_t a, size_t b) {
    const Value* x = keys[&objects[a].object];
    const Value* y = keys[&objects[b].object];
    if (x == nullptr || y == nullptr) return x == nullptr && y != nullptr;
    if (x->is(Value::Kind::kInt) && y->is(Value::Kind::kInt)) return x->int_value() < y->int_value();
    if (x->is(Value::Kind::kFloat) || y->is(Value::Kind::kFloat))
      return std::strtod(x->text().c_str(), nullptr) < std::strtod(y->text().c_str(), nullptr);
    return kube::PlainText(*x) < kube::PlainText(*y);
  };
  std::vector<size_t> order(objects.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), less);
  std::vector<FoundObject> sorted;
  for (const size_t i : order) sorted.push_back(std::move(objects[i]));
  objects = std::move(sorted);
  return {};
}

}  // namespace skiff::cli
