"""The trial's Argentine networks speak Spanish: names, units and places of their worked examples, cell by cell.

Proper names stay. Notes and sources stay in the language of the example they belong to.
"""

from __future__ import annotations

import re

#: Columns whose cells people read as words; a machine has no name but its id.
COLUMNS = frozenset({"name", "unit", "place", "decision", "equipment"})

#: What stands in the worked example -> what the trial says.
CELLS = {
    # Neuquén
    "FaSinPat, the Zanon tile plant": "FaSinPat, cerámica Zanon",
    "Health post of Nueva España": "Centro de salud de Nueva España",
    "Nueva España neighbourhood": "Barrio Nueva España",
    "Mapuche communities": "Comunidades mapuches",
    "Provincial hospital": "Hospital provincial",
    "Schools of the city": "Escuelas de la ciudad",
    "Housing co-operatives": "Cooperativas de vivienda",
    "Movement of unemployed workers": "Movimiento de trabajadores desocupados",
    "Building shops of the north of Patagonia": "Corralones del norte de la Patagonia",
    "Building shops of the Pampa and Buenos Aires": "Corralones de La Pampa y Buenos Aires",
    "CTA Neuquén": "CTA Neuquén",
    "Teachers' union": "Sindicato docente",
    "Health workers' union": "Sindicato de la salud",
    "Ceramists' union": "Sindicato ceramista",
    "Students' federation of the university": "Federación universitaria",
    "Ceramic tiles": "Cerámicos",
    "Clay, glazes and other inputs": "Arcilla, esmaltes y otros insumos",
    "Gas": "Gas",
    "Electricity": "Electricidad",
    "Visits to the health post": "Consultas en el centro de salud",
    "Medicines": "Medicamentos",
    "assembly of April 2002: 800 pesos a month for all": "asamblea de abril de 2002: 800 pesos por mes para todos",
    "kiln": "horno",
    "consulting-room": "consultorio",
    # the whole country
    "Wooden boards": "Tablas de madera",
    "School books": "Libros escolares",
    "Cardboard boxes": "Cajas de cartón",
    "Bread": "Pan",
    "Bricks": "Ladrillos",
    "Broadcast hours": "Horas de radio",
    "Care at home": "Cuidados en el hogar",
    "Cheese": "Queso",
    "Clay": "Arcilla",
    "Cloth": "Tela",
    "Clothing": "Ropa",
    "Plastic containers": "Envases de plástico",
    "Places in evening schools": "Vacantes en bachilleratos populares",
    "Exercise books": "Cuadernos",
    "Flour": "Harina",
    "Steel frames": "Estructuras de acero",
    "Fuel": "Combustible",
    "Tables, chairs and beds": "Mesas, sillas y camas",
    "Tanned hides": "Cueros curtidos",
    "Housing": "Vivienda",
    "Livestock": "Ganado",
    "Magazines": "Revistas",
    "Meals in schools and canteens": "Comidas en escuelas y comedores",
    "Meat": "Carne",
    "Milk": "Leche",
    "Nights for travelling delegates": "Noches para delegados de viaje",
    "Oils and salts": "Aceites y sales",
    "Paper": "Papel",
    "Machine parts": "Repuestos",
    "Pasta": "Fideos",
    "Preserves": "Conservas",
    "Recycled paper": "Papel reciclado",
    "Resin": "Resina",
    "Shoes": "Calzado",
    "Soap and cleaning goods": "Jabón y artículos de limpieza",
    "Steel": "Acero",
    "Stoves": "Cocinas",
    "Lorry trips": "Viajes de camión",
    "Vegetables": "Verduras",
    "Visits to a clinic": "Consultas en una clínica",
    "Working clothes": "Ropa de trabajo",
    "Cotton yarn": "Hilado de algodón",
    "X-ray pictures": "Radiografías",
    "Care before and at a birth": "Atención del embarazo y el parto",
    "Artificial legs": "Prótesis de pierna",
    "Ambulance bodies": "Carrocerías de ambulancia",
    "Window panes": "Vidrios",
    "Water pumps": "Bombas de agua",
    "Blankets": "Frazadas",
    "Atlases": "Atlas",
    "Light alloy": "Aleación liviana",
    "Insulin": "Insulina",
    # places
    "Neuquén province": "Provincia del Neuquén",
    "Río Negro and Neuquén": "Río Negro y Neuquén",
    "Buenos Aires province": "Provincia de Buenos Aires",
    "City of Buenos Aires": "Ciudad de Buenos Aires",
    # units
    "pesos' worth": "pesos",
    "births": "partos",
    "copies": "ejemplares",
    "hours": "horas",
    "litres": "litros",
    "meals": "comidas",
    "nights": "noches",
    "packs": "envases",
    "pairs": "pares",
    "pictures": "placas",
    "pieces": "piezas",
    "trips": "viajes",
    "vials": "frascos",
    "visits": "consultas",
    "weeks": "semanas",
    "paid hours per member and month": "horas pagadas por miembro y mes",
    "paid hours per member and quarter": "horas pagadas por miembro y trimestre",
    "pesos per paid hour": "pesos por hora pagada",
    "share": "proporción",
    "share of wages": "proporción de los salarios",
}
_BRANCHES = {
    "Building": "de construcción", "Care": "de cuidados", "Ceramic": "de cerámica", "Chemical": "química",
    "Food": "de alimentos", "Gastronomy": "gastronómica", "Health": "de salud", "Hotel": "hotelera",
    "Leather": "del cuero", "Meat": "de la carne", "Media": "de medios", "Metal": "metalúrgica",
    "Plastic": "del plástico", "Printing": "gráfica", "Recycling": "de reciclado", "School": "escolar",
    "Textile": "textil", "Transport": "de transporte", "Wood": "de la madera",
}  # fmt: skip
_TRADES = {
    "bank workers": "bancarios", "building workers": "la construcción", "chemical workers": "químicos",
    "dockers": "portuarios", "electricity workers": "luz y fuerza", "food workers": "la alimentación",
    "health workers": "la salud", "hotel and restaurant workers": "gastronómicos", "journalists": "prensa",
    "lorry drivers": "camioneros", "meat workers": "la carne", "metalworkers": "metalúrgicos",
    "municipal workers": "municipales", "oil workers": "petroleros", "post workers": "correos",
    "printers": "gráficos", "railway workers": "ferroviarios", "shop workers": "comercio",
    "state workers": "estatales", "taxi drivers": "taxistas", "teachers": "docentes",
    "textile workers": "textiles", "tyre workers": "neumáticos", "underground workers": "subterráneos",
    "university workers": "universitarios",
}  # fmt: skip


def in_spanish(column: str, cell: str) -> str:
    """The cell as the trial says it; as it is where its column holds no words for people, or a proper name."""
    if column not in COLUMNS:
        return cell
    if cell in CELLS:
        return CELLS[cell]
    if found := re.fullmatch(r"(\w+) co-operative (\d+)", cell):
        return f"Cooperativa {_BRANCHES[found[1]]} {found[2]}"
    if found := re.fullmatch(r"Community (\d+), (.+)", cell):
        return f"Comunidad {found[1]}, {CELLS.get(found[2], found[2])}"
    if found := re.fullmatch(r"Union of (.+)", cell):
        return f"Sindicato de {_TRADES[found[1]]}"
    return cell
