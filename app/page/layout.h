// What every page has: head, navigation, the state of the service, foot. And the parts that several
// pages use.
//
// Elements with `data-live` are those that page.js exchanges for newer ones while the page is open;
// each has an id.
#pragma once

#include <string_view>

#include "app/page/html.h"
#include "app/page/model.h"

namespace keywatch::app::page {

enum class Section { kAlerts, kRules, kSources, kSinks, kNone };

Html Layout(const ServiceView& service, Section section, std::string_view title, const Html& main);
// A page for somebody who may not see anything: no state of the service in it.
Html BarePage(std::string_view title, const Html& main);

// "<time ..>2026-03-01 12:30:05</time>", and how long ago that is.
Html TimeWithAge(Ticks time, Ticks now);
Html TimeOnly(Ticks time);
Html SeverityBadge(std::string_view severity);
// A word in a colour: kind is good, bad, warn or dim.
Html Mark(std::string_view kind, std::string_view text);
// A region that scrolls sideways by itself where it is too narrow for its table.
Html ScrollTable(std::string_view label, const Html& table);

// The form to sign in; `next` is where to go then, `problem` what was wrong with the last try.
Html LoginPage(std::string_view next, std::string_view problem);
// A page of one message, as for an unknown alert.
Html MessagePage(const ServiceView& service, std::string_view title, std::string_view message);

}  // namespace keywatch::app::page
