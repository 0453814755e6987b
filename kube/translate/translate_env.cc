#include "kube/translate/translate_env.h"

#include <algorithm>
#include <map>
#include <optional>

#include "common/variable_expansion.h"
#include "kube/translate/downward.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

// Printable ASCII without "=", as Kubernetes takes it since 1.32.
bool IsVariableName(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '='; });
}

void ImportAll(const TranslationContext& context, const std::string& kind, const EnvFromReference& reference,
               const std::string& prefix, const std::string& path, std::vector<pod::EnvVar>& env) {
  const auto object = context.config.Find({kind, context.identity.kube_namespace, reference.name});
  if (!object) {
    if (reference.optional.value_or(false) && object.error().code() == ErrorCode::kNotFound) return;
    return context.problems.Error(path, object.error().message());
  }
  for (const auto& [key, value] : ConfigContents(**object, true)) {
    if (IsVariableName(prefix + key)) env.push_back({.name = prefix + key, .value = value});
    else context.problems.Warning(path, fmt::format("key \"{}\" of {} \"{}\" cannot name a variable and is left out", key,
                                                    kind, reference.name));
  }
}

// Absent: optional and not there.
common::Result<std::optional<std::string>> KeyOfConfig(const TranslationContext& context, const std::string& kind,
                                                       const KeySelector& selector) {
  const bool optional = selector.optional.value_or(false);
  const auto object = context.config.Find({kind, context.identity.kube_namespace, selector.name});
  if (!object) {
    if (optional && object.error().code() == ErrorCode::kNotFound) return std::optional<std::string>();
    return object.error();
  }
  const auto contents = ConfigContents(**object, true);
  if (const auto found = contents.find(selector.key); found != contents.end()) return std::optional(found->second);
  if (optional) return std::optional<std::string>();
  return MakeError(ErrorCode::kNotFound, "couldn't find key {} in {} {}/{}{}", selector.key, kind,
                   context.identity.kube_namespace, selector.name, DidYouMeanKey(selector.key, contents));
}

void AddFrom(const TranslationContext& context, const Container& container, const EnvVar& variable,
             const std::string& path, std::vector<pod::EnvVar>& env) {
  const EnvVarSource& from = *variable.value_from;
  pod::EnvVar out{.name = variable.name};
  if (from.field_ref) {
    const auto field = EnvField(context, from.field_ref->field_path);
    if (!field) return context.problems.Error(path + ".fieldRef.fieldPath", field.error().message());
    out.value = field->value;
    out.source = field->source;
  } else if (from.resource_field_ref) {
    const auto value = ResourceField(context, *from.resource_field_ref, &container);
    if (!value) return context.problems.Error(path + ".resourceFieldRef", value.error().message());
    out.value = *value;
  } else if (from.config_map_key_ref || from.secret_key_ref) {
    const bool secret = from.secret_key_ref.has_value();
    const auto value = KeyOfConfig(context, secret ? "Secret" : "ConfigMap",
                                   secret ? *from.secret_key_ref : *from.config_map_key_ref);
    if (!value)
      return context.problems.Error(path + (secret ? ".secretKeyRef" : ".configMapKeyRef"), value.error().message());
    if (!*value) return;
    out.value = **value;
  } else if (from.file_key_ref) {
    return context.problems.Error(path + ".fileKeyRef", "this kind of source is not supported");
  }
  env.push_back(std::move(out));
}

}  // namespace

std::vector<pod::EnvVar> TranslateEnv(const TranslationContext& context, const Container& container,
                                      const std::string& path) {
  std::vector<pod::EnvVar> env;
  for (size_t i = 0; i < container.env_from.size(); ++i) {
    const EnvFromSource& from = container.env_from[i];
    const std::string field = fmt::format("{}.envFrom[{}]", path, i);
    if (from.config_map_ref)
      ImportAll(context, "ConfigMap", *from.config_map_ref, from.prefix, field + ".configMapRef", env);
    if (from.secret_ref) ImportAll(context, "Secret", *from.secret_ref, from.prefix, field + ".secretRef", env);
  }
  for (size_t i = 0; i < container.env.size(); ++i) {
    const EnvVar& variable = container.env[i];
    if (variable.value_from)
      AddFrom(context, container, variable, fmt::format("{}.env[{}].valueFrom", path, i), env);
    else env.push_back({.name = variable.name, .value = variable.value, .expand = true});
  }
  return env;
}

common::Result<std::string> ExpandSubPath(const std::string& expression, const std::vector<pod::EnvVar>& env) {
  std::map<std::string, std::optional<std::string>, std::less<>> values;  // nullopt: known only at start
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : found->second;
  };
  for (const pod::EnvVar& variable : env) {
    if (variable.source != pod::EnvVar::Source::kLiteral) values[variable.name] = std::nullopt;
    else values[variable.name] = variable.expand ? common::ExpandVariables(variable.value, lookup) : variable.value;
  }
  std::optional<common::Error> error;
  std::string expanded = common::ExpandVariables(expression, [&](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found != values.end() && found->second && !found->second->empty()) return *found->second;
    if (!error) {
      const char* why = found == values.end() ? "is not set" : !found->second ? "is known only when the pod runs" : "is empty";
      error = MakeError(ErrorCode::kInvalid, "variable \"{}\" of \"{}\" {}", name, expression, why);
    }
    return std::nullopt;
  });
  if (error) return *error;
  return expanded;
}

}  // namespace skiff::kube
