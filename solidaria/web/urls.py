"""Addresses. tests/web/test_matrix.py tries every one of them as every kind of person, and knows no others."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from solidaria.web import (
    account,
    assemblies,
    claim,
    decide,
    downloads,
    help,
    mandates,
    needs,
    plan,
    price,
    walk,
    who,
)
from solidaria.web import sign_in as entrance

handler404 = "solidaria.web.answers.not_found"
handler400 = "solidaria.web.answers.bad_request"
handler500 = "solidaria.web.answers.server_error"

organisation: list[URLPattern] = [
    path("", who.public, name="organisation"),
    path("inside", who.inside, name="inside"),
    path("describe", who.describe, name="describe"),
    path("show", who.show_publicly, name="show_publicly"),
    path("roll", who.roll, name="roll"),
    path("codes", who.codes, name="codes"),
    path("codes/revoke", who.revoke, name="revoke_codes"),
    path("leave", who.leave, name="leave"),
    path("mandates", who.mandates, name="mandates"),
    path("mandates/<int:number>/end", who.end_mandate, name="end_mandate"),
    path("mandates/<int:number>/recall", mandates.open_recall, name="open_recall"),
    path("recalls/<int:number>", mandates.recall, name="recall"),
    path("recalls/<int:number>/sign", mandates.sign_recall, name="sign_recall"),
    path("seats", mandates.seats, name="seats"),
    path("obligations", mandates.obligations, name="obligations"),
    path("tree", mandates.tree, name="tree"),
    path("ties", who.ties, name="ties"),
    path("ties/networks/<int:number>/<str:verb>", who.belonging, name="belonging"),
    path("ties/alliances/<int:number>/<str:verb>", who.alliance, name="alliance"),
    path("history", who.history, name="history"),
    path("history/<int:number>/undo", who.undo, name="undo"),
    path("assemblies", assemblies.assemblies, name="assemblies"),
    path("decide", decide.motions, name="motions"),
    path("decide/new", decide.propose, name="propose_motion"),
    path("needs", needs.needs, name="needs"),
    path("needs/new", needs.declare, name="declare_need"),
    path("needs/<int:number>", needs.edit, name="edit_need"),
    path("needs/<int:number>/withdraw", needs.withdraw, name="withdraw_need"),
    path("needs/gather", needs.gather, name="gather_needs"),
    path("needs/rank", needs.rank, name="rank_needs"),
    path("needs/upload", needs.upload, name="upload_needs"),
    path("site", plan.site, name="site"),
    path("site/people", plan.site_people, name="site_people"),
    path("site/machines/new", plan.machine, name="add_equipment"),
    path("site/machines/<int:number>", plan.machine, name="edit_equipment"),
    path("site/machines/<int:number>/remove", plan.remove_machine, name="remove_equipment"),
    path("site/recipes/new", plan.recipe, name="add_recipe"),
    path("site/recipes/<int:number>", plan.recipe, name="edit_recipe"),
    path("site/recipes/<int:number>/remove", plan.remove_recipe, name="remove_recipe"),
    path("site/stocks", plan.stock, name="set_stock"),
]

network: list[URLPattern] = [
    path("", plan.network, name="network"),
    path("entered", claim.entered, name="entered"),
    path("entered/<str:other>", claim.founding_code, name="founding_code"),
    path("products", plan.products, name="products"),
    path("products/new", plan.product, name="add_product"),
    path("products/<int:number>", plan.product, name="edit_product"),
    path("products/<int:number>/remove", plan.remove_product, name="remove_product"),
    path("rules", plan.rules, name="rules"),
    path("routes", plan.routes, name="routes"),
    path("routes/<int:number>/remove", plan.remove_route, name="remove_route"),
    path("promises", plan.promises, name="promises"),
    path("promises/<int:number>/remove", plan.remove_promise, name="remove_promise"),
    path("needs", needs.of_network, name="network_needs"),
    path("needs/<int:number>/product", needs.match, name="match_need"),
    path("workbook", plan.workbook, name="workbook"),
    path("workbook.xlsx", downloads.workbook_xlsx, name="workbook_xlsx"),
    path("workbook.zip", downloads.workbook_zip, name="workbook_zip"),
    path("rounds/new", plan.open_round, name="open_round"),
]

round: list[URLPattern] = [
    path("", plan.round, name="round"),
    path("close", plan.close_round, name="close_round"),
    path("ask", plan.ask, name="ask_for_plan"),
    path("refuse", plan.refuse, name="refuse_line"),
    path("refusals/<int:number>/withdraw", plan.withdraw_refusal, name="withdraw_refusal"),
    path("compare", price.compare, name="compare"),
]

variant: list[URLPattern] = [
    path("", price.variant, name="variant"),
    path("progress", plan.progress, name="progress"),
    path("cancel", plan.cancel, name="cancel_plan"),
    path("choose", plan.choose, name="choose_variant"),
    path("site/<str:code>", price.site, name="plan_site"),
    path("buyer/<str:code>", price.buyer, name="plan_buyer"),
    path("product/<str:code>", price.product, name="plan_product"),
    path("need/<str:code>", price.need, name="plan_need"),
    path("files/<str:name>", downloads.plan_file, name="plan_file"),
]

assembly: list[URLPattern] = [
    path("", assemblies.assembly, name="assembly"),
    path("agenda", assemblies.agenda, name="add_agenda_item"),
    path("agenda/<int:number>/move", assemblies.move, name="move_agenda_item"),
    path("floor/<int:number>/<str:verb>", assemblies.floor, name="floor"),
    path("minutes", assemblies.minutes, name="minutes"),
    path("minutes/correct", assemblies.correct, name="correct_minutes"),
    path("minutes.pdf", assemblies.minutes_pdf, name="minutes_pdf"),
    path("<str:verb>", assemblies.step, name="assembly_step"),
]

motion: list[URLPattern] = [
    path("", decide.motion, name="motion"),
    path("edit", decide.edit, name="edit_motion"),
    path("withdraw", decide.withdraw, name="withdraw_motion"),
    path("comment", decide.comment, name="comment_on_motion"),
    path("comments/<int:number>/take-back", decide.take_back, name="withdraw_comment"),
    path("open", decide.open_vote, name="open_motion"),
    path("vote", decide.vote, name="vote"),
    path("close", decide.close, name="close_motion"),
    path("codes", decide.codes, name="voting_codes"),
    path("paper", decide.paper, name="enter_paper_count"),
    path("voice", decide.voice, name="vote_by_voice"),
    path("files/<str:name>", decide.count_file, name="count_file"),
    path("council", mandates.council_vote, name="council_vote"),
    path("council/<str:verb>", mandates.council_button, name="council_button"),
    path("up", mandates.carry_up, name="carry_up"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", who.home, name="home"),
    path("who", who.directory, name="directory"),
    path("who/new", who.found, name="found"),
    path("who/claim", claim.claim, name="claim"),
    path("needs", needs.mine, name="my_needs"),
    path("plan", plan.mine, name="my_plans"),
    path("decide", decide.mine, name="my_motions"),
    path("vote", decide.vote_with_code, name="vote_with_code"),
    path("motions/<int:pk>/", include(motion)),
    path("assemblies/<int:pk>/", include(assembly)),
    path("calendar/<str:key>.ics", assemblies.calendar, name="calendar"),
    path("words", help.words, name="words"),
    path("help/permissions", help.permissions, name="permissions"),
    path("help/privacy", help.privacy, name="privacy"),
    path("help/first-steps", help.first_steps, name="first_steps"),
    path("language", account.change_language, name="change_language"),
    path("account", account.account, name="account"),
    path("o/<str:code>/", include(organisation)),
    path("n/<str:code>/", include(network)),
    path("rounds/<int:pk>/", include(round)),
    path("plans/<int:pk>/", include(variant)),
    path("api/v1/", include("solidaria.api.urls")),
    path("demo/walk", walk.walk, name="demo_walk"),
    *entrance.urlpatterns,
]
